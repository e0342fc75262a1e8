import type { GetInputPropsReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import type { Value } from '../../../onboarding/kinds';
import type { Field } from '../../../onboarding/template';

/** What is known of a question where it is drawn. */
export interface QuestionProps {
  step: string;
  field: Field;
  /** What the form asks. */
  question: ReactNode;
  help: ReactNode;
  /** The step cannot be completed without an answer. */
  required: boolean;
  value: Value;
  /** What connects an input with the form: value, error, and what it does. */
  input: GetInputPropsReturnType;
  care: Care;
}

/** What the page knows of a field beyond its template. */
export interface Care {
  /** How the browser fills it in. */
  autoComplete?: string;
  /** The keys that a phone shows. */
  type?: 'tel';
  /** Takes both columns, or one. */
  wide?: boolean;
  /** What suits no suggestion is not wanted. */
  closed?: boolean;
}

/** For a field that takes both columns. */
export const WIDE = { 'data-wide': true };

export const widthOf = (wide: boolean) => (wide ? { wrapperProps: WIDE } : {});

export const textOf = (value: Value): string => (typeof value === 'string' ? value : '');
export const listOf = (value: Value): string[] => (Array.isArray(value) ? value : []);
