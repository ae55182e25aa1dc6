import type { SourcePosition } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import type { CallContext } from './call-context.js';

/** Warnings that a call keeps; the log has all of them. */
const MOST_WARNINGS = 200;

/** What was not done as a document asks. */
export class CallWarnings {
  private readonly kept: string[] = [];

  constructor(
    private readonly log: OrchestrationPorts['log'],
    private readonly context: Pick<CallContext, 'callRef' | 'onWarning'>,
  ) {}

  get all(): readonly string[] {
    return this.kept;
  }

  add(message: string, position?: SourcePosition): void {
    if (this.kept.length < MOST_WARNINGS) this.kept.push(message);
    this.context.onWarning?.(message, position ?? null);
    this.log.warn('call', { callRef: this.context.callRef, message });
  }
}
