import type { PasskeyBody } from '../../../generated';
import { NamePasskey } from './NamePasskey';
import { RemovePasskey } from './RemovePasskey';

/** What is asked about a passkey: its name, that of one made a moment ago, or whether it is to be removed. */
export interface Asked {
  what: 'name' | 'new' | 'remove';
  passkey: PasskeyBody;
}

interface PasskeyDialogProps {
  asked: Asked;
  onRemove: (passkey: PasskeyBody) => void;
  onNamed: () => Promise<unknown>;
  onClose: () => void;
}

export function PasskeyDialog({ asked: { what, passkey }, onRemove, onNamed, onClose }: PasskeyDialogProps) {
  if (what === 'remove') {
    return <RemovePasskey name={passkey.name} onRemove={() => onRemove(passkey)} onClose={onClose} />;
  }
  return <NamePasskey passkey={passkey} isNew={what === 'new'} onNamed={onNamed} onClose={onClose} />;
}
