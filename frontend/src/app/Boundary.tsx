import { Component, type ReactNode } from 'react';
import { PageFailed } from '../pages/PageFailed';

interface BoundaryProps {
  /** The address: another one is another chance. */
  at: string;
  children: ReactNode;
}

/** Shows the error page in the place of what broke, or could not be loaded. */
export class Boundary extends Component<BoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidUpdate(before: BoundaryProps): void {
    // oxlint-disable-next-line react/no-did-update-set-state -- once for each address
    if (this.state.failed && before.at !== this.props.at) this.setState({ failed: false });
  }

  override render(): ReactNode {
    return this.state.failed ? <PageFailed /> : this.props.children;
  }
}
