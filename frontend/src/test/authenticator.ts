import { onTestFinished, vi } from 'vitest';

/** What the browser asks of authenticators. */
interface Question {
  mediation?: string;
  signal?: AbortSignal;
  publicKey: { excludeCredentials?: Array<{ id: ArrayBuffer }> };
}

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;
const base64Url = (bytes: ArrayBuffer): string =>
  btoa(String.fromCodePoint(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** A browser with passkeys for the length of a test, at a page with a domain. */
export class Authenticator {
  /** The name of the one that it makes or signs with next. */
  next = 'laptop';
  /** How it fails, if it does: the name of a DOMException. */
  fails: string | undefined;
  /** What the page has said no account has. */
  readonly forgotten: string[] = [];
  /** Questions among the suggestions of a field that are open. */
  readonly suggested: Array<(name: string) => void> = [];

  static plugIn(hostname = 'localhost'): Authenticator {
    const authenticator = new Authenticator();
    const { happyDOM, location } = window as unknown as {
      happyDOM: { setURL: (url: string) => void };
      location: Location;
    };
    const before = location.href;
    happyDOM.setURL(`http://${hostname}:3000/`);
    vi.stubGlobal('PublicKeyCredential', authenticator.constructorOfCredentials());
    Object.defineProperty(navigator, 'credentials', {
      configurable: true,
      value: { create: authenticator.create, get: authenticator.get },
    });
    onTestFinished(() => {
      vi.unstubAllGlobals();
      Reflect.deleteProperty(navigator, 'credentials');
      happyDOM.setURL(before);
    });
    return authenticator;
  }

  /** How the service names a credential. */
  static idOf(name: string): string {
    return base64Url(bytesOf(name));
  }

  private constructorOfCredentials(): object {
    return Object.assign(function PublicKeyCredential() {}, {
      isConditionalMediationAvailable: () => Promise.resolve(true),
      signalUnknownCredential: ({ credentialId }: { credentialId: string }) => {
        this.forgotten.push(credentialId);
        return Promise.resolve();
      },
    });
  }

  private readonly create = async ({ publicKey }: Question): Promise<object> => {
    this.failIfTold();
    const known = publicKey.excludeCredentials?.map(({ id }) => base64Url(id)) ?? [];
    if (known.includes(Authenticator.idOf(this.next))) throw new DOMException('known', 'InvalidStateError');
    return this.credential(this.next, { attestationObject: bytesOf('made') });
  };

  private readonly get = ({ mediation, signal }: Question): Promise<object> => {
    if (mediation !== 'conditional') return this.sign(this.next);
    return new Promise((resolve, reject) => {
      const choose = (name: string): void => void this.sign(name).then(resolve, reject);
      this.suggested.push(choose);
      signal?.addEventListener('abort', () => {
        this.suggested.splice(this.suggested.indexOf(choose), 1);
        reject(new DOMException('aborted', 'AbortError'));
      });
    });
  };

  private async sign(name: string): Promise<object> {
    this.failIfTold();
    return this.credential(name, { authenticatorData: bytesOf('data'), signature: bytesOf('signed') });
  }

  private credential(name: string, response: object): object {
    return {
      id: Authenticator.idOf(name),
      rawId: bytesOf(name),
      type: 'public-key',
      response: { clientDataJSON: bytesOf('{}'), ...response },
      authenticatorAttachment: 'platform',
      getClientExtensionResults: () => ({}),
    };
  }

  private failIfTold(): void {
    if (this.fails !== undefined) throw new DOMException('told to', this.fails);
  }
}
