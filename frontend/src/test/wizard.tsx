import type { RenderResult } from '@testing-library/react';
import { Route, Routes } from 'react-router';
import { StepPage } from '../pages/onboarding/StepPage';
import { AsPerson } from './AsPerson';
import { showAt } from './render';

/** The wizard at the address of a step, for whoever is logged in; other addresses show that they are others. */
export function showStep(step: string): RenderResult {
  return showAt(
    <AsPerson>
      <Routes>
        <Route path="onboarding/:step?" element={<StepPage />} />
        <Route path="*" element={<p>elsewhere</p>} />
      </Routes>
    </AsPerson>,
    `/onboarding/${step}`,
  );
}
