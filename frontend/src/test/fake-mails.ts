import { empty, type Json, type Kept, type Mail, type Person, refuse } from './fake-data';

/** A mail takes the place of an earlier one of its kind. `n` is in its code and token. */
export function sendMail(person: Person, kind: Mail['kind'], to: string, n: number): void {
  for (const mail of person.mails) if (mail.kind === kind && mail.state === 'good') mail.state = 'expired';
  person.mails.push({ kind, to, code: String(100_000 + n), token: `token-of-mail-${n}`, state: 'good' });
}

/** The link of a mail for a forgotten password. */
export function resetByMail(people: Iterable<Person>, json: Json): Omit<Kept, 'body'> {
  for (const person of people) {
    const mail = person.mails.find((each) => each.kind === 'reset' && each.token === json['token']);
    if (!mail) continue;
    if (mail.state !== 'good') return refuse(410, `token_${mail.state}`);
    mail.state = 'used';
    person.password = String(json['new_password']);
    return empty(204);
  }
  return refuse(410, 'token_expired');
}
