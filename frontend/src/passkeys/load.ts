import { wordsOf } from '../i18n/words';

/** What makes and uses passkeys, with its words: loaded when somebody wants it. */
export async function loadPasskeys() {
  const [ceremonies] = await Promise.all([import('./ceremonies'), wordsOf('passkeys')]);
  return ceremonies;
}
