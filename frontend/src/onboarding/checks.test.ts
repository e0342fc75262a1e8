import { i18n } from '@lingui/core';
import { describe, expect, test } from 'vitest';
import type { Onboarding } from '../api/types';
import { begun } from '../test/fake-data';
import { guidedTemplate } from '../test/templates';
import { fromService, malformed, missing, sendable, tidied, toData, valuesOf } from './checks';
import { visibleFields } from './conditions';
import type { StepData } from './steps';
import { type Field, fieldsOf } from './template';

const builtIn = begun();
const guided = begun(guidedTemplate());

/** The state with what a step holds. */
function holding(state: Onboarding, key: string, data: StepData): Onboarding {
  return { ...state, steps: state.steps.map((step) => (step.key === key ? { ...step, data } : step)) };
}

describe('what a step asks for', () => {
  test.each<[string, Onboarding, string, StepData, string[]]>([
    ['the page’s own wishes', builtIn, 'profile', {}, ['job_title', 'country', 'time_zone']],
    ['lengths of the template', builtIn, 'profile', whole({ job_title: 'x'.repeat(200) }), []],
    ['one more', builtIn, 'profile', whole({ job_title: 'x'.repeat(201) }), ['job_title']],
    ['a bare address', builtIn, 'organization', office({ website: 'example.com' }), ['website']],
    ['no web address', builtIn, 'organization', office({ website: 'javascript:alert(1)' }), ['website']],
    ['a web address', builtIn, 'organization', office({ website: 'https://example.com' }), []],
    ['nothing', builtIn, 'preferences', {}, []],
    ['a required text', guided, 'person', {}, ['nickname']],
    ['too short, too early', guided, 'person', { nickname: 'A', born: '1815-12-10' }, ['nickname', 'born']],
    ['no day', guided, 'person', { nickname: 'Ada', born: '2001-02-30x' }, ['born']],
    ['a required choice', guided, 'work', {}, ['role']],
    ['what a choice brings', guided, 'work', { role: 'employee' }, ['employer']],
    ['what it does not', guided, 'work', { role: 'freelancer' }, []],
    ['no number', guided, 'work', { role: 'student', years: 'ten' }, ['years']],
    ['too large a number', guided, 'work', { role: 'student', years: 81 }, ['years']],
    ['none of the choices', guided, 'work', { role: 'king' }, ['role']],
    ['a no, which is an answer', guided, 'billing', { mail: 'a@b', taxed: false }, []],
    ['no yes and no no', guided, 'billing', { mail: 'ada' }, ['mail', 'taxed']],
    ['too many choices', guided, 'skills', { tools: ['loom', 'engine', 'cards'] }, ['tools']],
    ['a consent that is not given', guided, 'rules', { agreed: false }, ['agreed']],
    ['one that is', guided, 'rules', { agreed: true }, []],
  ])('%s', (_, state, key, data, fields) => {
    expect(Object.keys(missing(state, key, data))).toEqual(fields);
  });

  test('conditions ask about other steps, and about answers that are asked for', () => {
    const visible = (data: StepData): string[] => visibleFields(guided, 'work', data).map(({ key }) => key);
    expect(visible({ role: 'employee' })).toContain('employer');
    expect(visible({ role: ['employee'] })).toContain('employer');
    expect(visible({})).not.toContain('employer');
  });

  test('words of the built-in onboarding are for its own texts alone', () => {
    const theirs = structuredClone(builtIn);
    for (const field of fieldsOf(theirs, 'profile')) field.label = { en: 'Something else' };
    expect(missing(theirs, 'profile', {})).toEqual({});
  });
});

function whole(data: StepData): StepData {
  return { country: 'GB', time_zone: 'UTC', ...data };
}
function office(data: StepData): StepData {
  return { name: 'x', size: '1', role: 'other', ...data };
}

describe('what is sent', () => {
  test('a draft goes without what is half-typed, and there stays what is stored of it', () => {
    const draft = { name: 'Engines', website: 'htt' };
    expect(sendable(builtIn, 'organization', draft)).toEqual({ name: 'Engines' });
    expect(sendable(builtIn, 'organization', draft, { website: 'https://a.b' })).toEqual({
      name: 'Engines',
      website: 'https://a.b',
    });
  });

  test('what is hidden and half-typed keeps nothing back, and is told nobody', () => {
    const draft = { role: 'student', employer: 'x'.repeat(201) };
    expect(malformed(guided, 'work', draft)).toEqual({});
    expect(sendable(guided, 'work', draft)).toEqual({ role: 'student' });
    expect(Object.keys(malformed(guided, 'work', { ...draft, role: 'employee' }))).toEqual(['employer']);
  });

  test('what was cleared is left out, what the page does not know is kept', () => {
    const stored = { job_title: 'Poet', phone: '+44 1', favourite: ['tea'], country: 7 };
    const values = { job_title: ' King ', phone: '', country: '' };
    expect(toData(fieldsOf(builtIn, 'profile'), stored, values)).toEqual({
      job_title: 'King',
      favourite: ['tea'],
      // Of a type that the form cannot show: nobody has cleared it.
      country: 7,
    });
  });

  test.each<[string, StepData]>([
    ['person', { nickname: 'Ada', born: '1915-12-10', home: 'GB', story: 'a\nb' }],
    ['work', { role: 'student', years: 0, position: 'other' }],
    ['billing', { mail: 'ada@example.com', taxed: false }],
    ['skills', { tools: ['loom'], worked_in: ['GB', 'DE'], site: 'https://a.b', calls: true }],
    ['rules', { agreed: true }],
  ])('answers of %s go through a form unchanged', (key, data) => {
    const fields = fieldsOf(guided, key);
    expect(toData(fields, {}, valuesOf(fields, data))).toEqual(data);
  });

  test('a number is one when it can be, and stays as it was typed until then', () => {
    const fields = fieldsOf(guided, 'work').filter(({ key }) => key === 'years');
    const typed = (years: string): unknown => toData(fields, {}, { years })['years'];
    expect([typed(' 12 '), typed('-3'), typed('1e3'), typed('12a'), typed('')]).toEqual([
      12,
      -3,
      '1e3',
      '12a',
      undefined,
    ]);
    expect(valuesOf(fields, { years: '12a' })).toEqual({ years: '12a' });
  });

  test('an address of the web gets its scheme', () => {
    expect(tidied(fieldsOf(guided, 'skills'), { site: 'example.com', calls: true })).toEqual({
      site: 'https://example.com',
    });
  });
});

describe('messages', () => {
  test('those of the service find their fields', () => {
    const errors = { 'data.website': ['must be an address'], 'data.secret': ['no'], status: ['no, either'] };
    expect(fromService(fieldsOf(builtIn, 'organization'), errors)).toEqual({
      website: 'Must be an address.',
      '': 'No. No, either.',
    });
  });

  test('a field that is hidden shows none', () => {
    const visible: Field[] = visibleFields(holding(guided, 'work', {}), 'work', {});
    expect(fromService(visible, { 'data.employer': ['is required'] })).toEqual({ '': 'Is required.' });
  });

  test('limits are written as the person writes numbers and days', () => {
    i18n.loadAndActivate({ locale: 'en', locales: 'en-GB', messages: {} });
    expect(missing(guided, 'person', { nickname: 'Ada', born: '1815-12-10' })).toEqual({
      born: 'The earliest day is 1 January 1900.',
    });
    expect(missing(guided, 'work', { role: 'student', years: -1 })).toEqual({ years: 'The least is 0.' });
  });
});
