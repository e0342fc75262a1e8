import { t } from '@lingui/core/macro';
import type { StaticData } from '../../api/types';
import { FIELDS, textOf } from '../../onboarding/specs';
import type { StepData, StepKey } from '../../onboarding/steps';
import { sampleOf } from '../../ui/format';
import { countryOptions, labelOf, type Option, roleOptions, sizeOptions, zoneOptions } from './options';
import { THEMES } from './preferences';

/** Label and readable value of each member that the page knows. */
export function answersOf(
  key: StepKey,
  data: StepData,
  choices: StaticData | undefined,
): Array<readonly [string, string]> {
  return Object.entries(FIELDS[key]).map(([field, { label }]) => [
    label,
    readable(field, data[field], choices),
  ]);
}

function readable(field: string, value: unknown, choices: StaticData | undefined): string {
  if (typeof value === 'boolean') return value ? t`Yes` : t`No`;
  const options = optionsOf(field, choices);
  if (options) return labelOf(options, value);
  if (field === 'locale' && typeof value === 'string') return sampleOf(value);
  return textOf(value);
}

function optionsOf(field: string, choices: StaticData | undefined): readonly Option[] | undefined {
  switch (field) {
    case 'country':
      return countryOptions(choices);
    case 'time_zone':
      return zoneOptions(choices);
    case 'size':
      return sizeOptions(choices);
    case 'role':
      return roleOptions(choices);
    case 'theme':
      return THEMES;
    default:
      return undefined;
  }
}
