import type { Onboarding, OnboardingStep } from '../api/types';
import { type Json, type Kept, named, ok, type Person, refuse, settled } from './fake-data';

type Answer = Omit<Kept, 'body'>;

/** The changes of an onboarding, in memory. */
export class FakeSteps {
  /** The next changes are refused with these, by field. */
  readonly refusals: Array<Record<string, string[]>> = [];
  /** Where set, the next change is understood by the names of before, which moves the person. */
  understand: (() => void) | undefined;

  put(person: Person, key: string, json: Json, ifMatch: string | null): Answer {
    if (ifMatch !== null && ifMatch !== `"${person.state.version}"`) return refuse(412, 'version_mismatch');
    const data = json['data'] as Json;
    const refused = this.refusals.shift();
    if (refused) return refuse(422, 'validation_failed', refused);
    if (String(data['website'] ?? '').startsWith('javascript:')) {
      return refuse(422, 'validation_failed', {
        'data.website': ['must be an address like https://example.com'],
      });
    }
    if (this.understand) {
      this.understand();
      this.understand = undefined;
      return ok(named(person.state));
    }
    if (!person.state.steps.some((step) => step.key === key)) return refuse(404, 'unknown_step');
    return ok(named(this.change(person.state, key, json['status'] as OnboardingStep['status'], data)));
  }

  change(state: Onboarding, key: string, status: OnboardingStep['status'], data: Json): Onboarding {
    const step = state.steps.find((each) => each.key === key);
    if (!step) throw new Error(`no step ${key}`);
    Object.assign(step, { status, data });
    state.version += 1;
    return settled(state);
  }

  complete(person: Person): Answer {
    const open = person.state.steps.some(
      ({ applies, required, status }) => applies && required && status !== 'completed',
    );
    if (open) return refuse(409, 'steps_open');
    person.state.status = 'completed';
    person.state.version += 1;
    return ok(named(person.state));
  }
}
