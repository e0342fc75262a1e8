import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

/** Where local-cluster writes mails: beside the file in which it says where everything is. */
const CLUSTER = process.env['CLUSTER_JSON'] || undefined;
const FOLDER = CLUSTER && join(dirname(CLUSTER), 'mails');

export const reasonForNoMails =
  FOLDER === undefined
    ? 'CLUSTER_JSON is not set (the file in which local-cluster says where it is)'
    : undefined;

export interface Mail {
  /** The six digits, where the mail brings some. */
  code: string | undefined;
  /** Path and fragment of its link: the page may be at another address than the mail says. */
  link: string;
  /** What it says. */
  text: string;
}

/** The newest mail to `email` whose link leads to `page`, once there are as many of them as `count`. */
export async function mailTo(email: string, page: string, count = 1): Promise<Mail> {
  await expect.poll(() => mailsTo(email, page).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  const text = mailsTo(email, page).at(-1) ?? '';
  return { code: /^\s*(\d{6})\s*$/m.exec(text)?.[1], link: linkIn(text, page) ?? '', text };
}

function linkIn(text: string, page: string): string | undefined {
  return new RegExp(`https?://[^/\\s]+(/${page}#\\S+)`).exec(text)?.[1];
}

function mailsTo(email: string, page: string): string[] {
  const names = readdirSync(FOLDER as string).filter((name) => name.endsWith('.eml'));
  const files = names.map((name) => join(FOLDER as string, name));
  return files
    .toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .map((file) => readFileSync(file, 'utf8'))
    .filter((mail) => new RegExp(`^To: .*${email.replaceAll('.', '\\.')}`, 'im').test(mail))
    .map(plainText)
    .filter((text) => linkIn(text, page) !== undefined);
}

/** The text part, decoded (quoted-printable, RFC 2045, section 6.7; its links and digits are ASCII). */
function plainText(mail: string): string {
  const part = mail.slice(mail.search(/content-type: text\/plain/i));
  const body = part.slice(part.search(/\r?\n\r?\n/)).split(/\r?\n--/)[0] ?? '';
  return body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}
