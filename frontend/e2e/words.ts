import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { pseudoText } from '../src/i18n/pseudo.ts';

const LOCALES = join(import.meta.dirname, '..', 'src', 'locales');

/** How a language is asked for: `?lang=`. */
export type Spoken = 'en' | 'de' | 'pseudo';

/** The page's texts in a language, by their English ones, as its catalogues say. */
export function wordsIn(language: Spoken): (english: string) => string {
  if (language === 'en') return (english) => english;
  if (language === 'pseudo') return pseudoText;
  const german = catalogue();
  return (english) => {
    const found = german.get(english);
    if (found === undefined) throw new Error(`no catalogue has “${english}”`);
    return found;
  };
}

/** English texts that German has other words for: one of these on a German page was not translated. */
export const onlyEnglish = (): string[] =>
  [...catalogue()]
    .filter(([english, german]) => english !== german && !english.includes('{') && !english.includes('<'))
    .map(([english]) => english);

function catalogue(): Map<string, string> {
  const files = readdirSync(LOCALES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('de.po'),
  );
  const entries = files.flatMap((name) => entriesOf(readFileSync(join(LOCALES, name), 'utf8')));
  return new Map(entries);
}

function entriesOf(po: string): Array<[string, string]> {
  const texts = (name: string, block: string): string => {
    const lines = new RegExp(`^${name} ((?:".*"\\n?)+)`, 'm').exec(`${block}\n`)?.[1] ?? '""';
    return lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string)
      .join('');
  };
  return po
    .split('\n\n')
    .slice(1)
    .map((block) => [texts('msgid', block), texts('msgstr', block)]);
}

/** Names that are the same in all languages, and what comes from the person, the service or lists. */
const NOT_OURS =
  'dd, code, article, option, [role="option"], [lang]:not(html), [translate="no"], [aria-hidden="true"], noscript, script, style, title';

/** All texts and labels that a person can meet on the page now, but for names and what they typed. */
async function textsOn(page: Page): Promise<string[]> {
  return page.evaluate((notOurs) => {
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.closest(notOurs)) texts.push(node.textContent?.trim() ?? '');
    }
    for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
      if (element.closest(notOurs)) continue;
      for (const name of ['aria-label', 'placeholder', 'title']) texts.push(element.getAttribute(name) ?? '');
    }
    return texts.filter((text) => text !== '');
  }, NOT_OURS);
}

/** As Intl writes it: `28 Nov 2026`. */
const DATE = /\d+ [A-Z][a-z]+ \d{4}/;

/** Texts on the page that are not in its language, but for `names`. */
export async function untranslated(
  page: Page,
  language: Spoken,
  names: readonly string[],
): Promise<string[]> {
  if (language === 'en') return [];
  const texts = await textsOn(page);
  if (language === 'de') {
    const english = new Set(onlyEnglish());
    return texts.filter((text) => english.has(text));
  }
  const without = (text: string): string =>
    names.reduce((rest, name) => rest.replaceAll(name, ''), text.replace(DATE, ''));
  return texts.filter((text) => /[A-Za-z]{3}/.test(without(text)));
}

/** Texts that are cut off at the edge of the screen or of what they stand in, on a narrow phone. */
export async function clipped(page: Page): Promise<string[]> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 360, height: 740 });
  // Two frames: the first one begins with the new size, the second one shows it.
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let i = 0; i < 2; i += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
    await Promise.all(
      document
        .getAnimations()
        .filter((each) => each.effect?.getTiming().iterations !== Infinity)
        .map((each) => each.finished.catch(() => undefined)),
    );
  });
  const found = await page.evaluate(() => {
    const hides = (element: Element, axis: 'X' | 'Y'): boolean =>
      /hidden|clip/.test(getComputedStyle(element)[`overflow${axis}`]);
    const isHidden = (element: Element): boolean => {
      for (let each: Element | null = element; each; each = each.parentElement) {
        const { width, height } = each.getBoundingClientRect();
        const style = getComputedStyle(each);
        if (width <= 1 || height <= 1 || style.visibility === 'hidden' || style.opacity === '0') return true;
      }
      return false;
    };
    const cut = (element: Element, text: DOMRect): boolean => {
      if (text.left < -1 || text.right > window.innerWidth + 1) return true;
      for (let each: Element | null = element; each && each !== document.body; each = each.parentElement) {
        const box = each.getBoundingClientRect();
        if (hides(each, 'X') && (text.left < box.left - 1 || text.right > box.right + 1)) return true;
        if (hides(each, 'Y') && (text.top < box.top - 3 || text.bottom > box.bottom + 3)) return true;
      }
      return false;
    };
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || node.textContent?.trim() === '' || element.closest('script, style, noscript')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      if (!isHidden(element) && cut(element, range.getBoundingClientRect()))
        texts.push(node.textContent ?? '');
    }
    return texts;
  });
  if (size) await page.setViewportSize(size);
  return found;
}
