import type { Locator, Page } from 'playwright-core';

/** No page has more places to stop at than a person has the patience for. */
const MOST_STOPS = 60;

/** Somebody who has no mouse: all that is done is done by keys. */
export class Keyboard {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Goes there by Tab, or back by Shift and Tab. */
  async focus(target: Locator): Promise<void> {
    await target.waitFor();
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let stops = 0; stops < MOST_STOPS; stops += 1) {
        if (await target.evaluate((element) => element === document.activeElement)) return;
        await this.page.keyboard.press(key);
      }
    }
    throw new Error(`the keyboard does not lead to ${String(target)}`);
  }

  async type(target: Locator, text: string): Promise<void> {
    await this.focus(target);
    await this.page.keyboard.type(text);
  }

  /** Presses a button, or follows a link. */
  async press(target: Locator): Promise<void> {
    await this.focus(target);
    await this.page.keyboard.press('Enter');
  }

  /** Ticks a box, or chooses the first of several. */
  async tick(target: Locator): Promise<void> {
    await this.focus(target);
    await this.page.keyboard.press('Space');
  }

  /** Whether what has the focus shows that to the eye: a line about it, or about what it stands in. */
  async isSeen(): Promise<boolean> {
    return this.page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused?.matches(':focus-visible')) return false;
      for (let each: Element | null = focused; each && each !== document.body; each = each.parentElement) {
        const { outlineStyle, outlineWidth } = getComputedStyle(each);
        if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2) return true;
      }
      // Boxes that are drawn by what comes after the real one.
      const drawn = focused.nextElementSibling && getComputedStyle(focused.nextElementSibling);
      return drawn !== null && drawn.outlineStyle !== 'none' && Number.parseFloat(drawn.outlineWidth) >= 2;
    });
  }
}
