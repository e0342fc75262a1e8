import { i18n } from '@lingui/core';
import type { TemplateBody } from '../generated';
import type { Texts } from './template';

/** A text of a template as it is read. */
export interface Said {
  text: string;
  /** Its language, where that is another than the page's. */
  lang?: string | undefined;
}

const primary = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

/**
 * A text of a template in the language of the page: as it is spoken where the person is (`de-AT`), else as it is at all
 * (`de`). Where the template does not speak it, in the template's first language.
 */
export function said(texts: Texts, template: TemplateBody): Said {
  const tags = Object.keys(texts);
  const wanted = [i18n.locales ?? [], i18n.locale].flat();
  const tag =
    wanted.find((each) => tags.includes(each)) ??
    tags.find((each) => each === primary(i18n.locale)) ??
    tags.find((each) => primary(each) === primary(i18n.locale)) ??
    template.languages?.[0] ??
    tags[0] ??
    '';
  const isForeign = primary(tag) !== primary(i18n.locale);
  return { text: texts[tag] ?? '', lang: isForeign ? tag : undefined };
}
