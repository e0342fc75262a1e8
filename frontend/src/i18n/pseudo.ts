import type { Messages } from '@lingui/core';

type Message = Messages[string];

/** Texts of other languages are up to this much longer than English ones. */
const LONGER = 0.4;

const ACCENTED: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(
    'aáAÁbƀBƁcçCÇdđDĐeéEÉfƒFƑgğGĞhĥHĤiíIÍjĵJĴkķKĶlľLĽmɱMṀnñNÑoóOÓpƥPƤqɋQɊrřRŘsšSŠtťTŤuúUÚvṽVṼwŵWŴxẋXẊyýYÝzžZŽ'.matchAll(
      /(.)(.)/gu,
    ),
    ([, plain = '', other = '']) => [plain, other],
  ),
);
const MORE = 'ẋẏẑẋẏẑ ';

/** A text as it would look in a longer language: each letter with an accent, and 40 % more of them. */
export function pseudoText(text: string): string {
  return accented(text) + padding(lettersIn(text));
}

/** All messages of a compiled catalogue, with what depends on numbers and choices in them. */
export function pseudoMessages(messages: Messages): Messages {
  return Object.fromEntries(Object.entries(messages).map(([id, message]) => [id, pseudo(message)]));
}

function pseudo(message: Message): Message {
  if (typeof message === 'string') return pseudoText(message);
  const letters = message.reduce((sum, part) => sum + (typeof part === 'string' ? lettersIn(part) : 0), 0);
  const parts = message.map((part) => {
    if (typeof part === 'string') return accented(part);
    const [name, format, cases] = part;
    if (typeof cases !== 'object' || cases === null) return part;
    const others = Object.entries(cases as Record<string, Message | number | undefined>);
    const longer = others.map(([key, value]) => [key, typeof value === 'object' ? pseudo(value) : value]);
    return [name, format, Object.fromEntries(longer)];
  });
  return [...parts, padding(letters)] as Message;
}

/** Accents on all letters but those in tags (`<0>`). */
function accented(text: string): string {
  return text.replaceAll(/<\/?\d+\/?>|[a-z]/gi, (found) => ACCENTED[found] ?? found);
}

function lettersIn(text: string): number {
  return text.replaceAll(/<\/?\d+\/?>|\P{L}/gu, '').length;
}

/** 40 % of so many letters, in words that can be wrapped. */
function padding(letters: number): string {
  const length = Math.ceil(letters * LONGER);
  return length === 0
    ? ''
    : ` ${MORE.repeat(Math.ceil(length / MORE.length))
        .slice(0, length)
        .trimEnd()}`;
}
