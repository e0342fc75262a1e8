import { http } from 'msw';
import { setupServer } from 'msw/node';
import { FakeService } from './fake-service';

/** The service of the test that runs. */
export let service = new FakeService();

export function resetService(): void {
  service = new FakeService();
}

export const network = setupServer(http.all('*/api/*', ({ request }) => service.handle(request)));
