import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { describe, expect, test } from 'vitest';
import { pseudoMessages, pseudoText } from './pseudo';

describe('the pseudo-locale', () => {
  test('has an accent on each letter, and is at least 40 % longer', () => {
    const text = pseudoText('Create your account');
    expect(text).not.toMatch(/[a-z]/i);
    expect(text.length).toBeGreaterThanOrEqual('Create your account'.length * 1.4 - 1);
    expect(Math.max(...text.split(' ').map((word) => word.length))).toBeLessThan(10);
  });

  test('keeps tags, variables and plural rules', () => {
    const source = {
      a: compileMessage('By <0>{name}</0> and {count, plural, one {# letter} other {# letters}}'),
    };
    const i18n = setupI18n({ locale: 'en-XA', messages: { 'en-XA': pseudoMessages(source) } });
    const one = i18n._('a', { name: 'Ada', count: 1 });
    expect(one).toMatch(/<0>Ada<\/0>/);
    expect(one).toMatch(/1 ľéťťéř(?!š)/);
    expect(i18n._('a', { name: 'Ada', count: 3 })).toMatch(/3 ľéťťéřš/);
  });
});
