import { describe, expect, test } from 'vitest';
import { fromService, missing, sendable, toData } from './specs';
import type { StepData, StepKey } from './steps';

describe('what a step asks for', () => {
  test.each<[StepKey, StepData, string[]]>([
    ['profile', {}, ['job_title', 'country', 'time_zone']],
    ['profile', { job_title: '  ', country: 'GB', time_zone: 'UTC' }, ['job_title']],
    ['profile', { job_title: 'x', country: 'GB', time_zone: 'UTC', phone: 'call me' }, ['phone']],
    ['profile', { job_title: 'x', country: 'GB', time_zone: 'UTC', phone: '+44 (20) 7946-0958' }, []],
    ['organization', { name: 'x', size: '1', role: 'other', website: 'example.com' }, ['website']],
    ['organization', { name: 'x', size: '1', role: 'other', website: 'javascript:alert(1)' }, ['website']],
    ['organization', { name: 'x', size: '1', role: 'other', website: 'https://example.com' }, []],
    ['preferences', {}, []],
  ])('%s %o', (key, data, fields) => {
    expect(Object.keys(missing(key, data))).toEqual(fields);
  });

  test('a draft is sent without what is half-typed', () => {
    const draft = { name: 'Engines', website: 'https://exa' };
    expect(sendable('organization', draft)).toEqual({ name: 'Engines' });
  });

  test('what was cleared is left out, what the page does not know is kept', () => {
    const stored = { job_title: 'Poet', phone: '+44 1', favourite: ['tea'] };
    expect(toData(stored, { job_title: ' King ', phone: '' })).toEqual({
      job_title: 'King',
      favourite: ['tea'],
    });
  });

  test('messages of the service find their fields', () => {
    const errors = { 'data.website': ['must be an address'], 'data.secret': ['no'], status: ['no, either'] };
    expect(fromService('organization', errors)).toEqual({
      website: 'Must be an address.',
      '': 'No. No, either.',
    });
  });
});
