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
    const text = withPlace(message, position);
    if (this.kept.length < MOST_WARNINGS) this.kept.push(text);
    this.context.onWarning?.(message, position ?? null);
    this.log.warn('call', { callRef: this.context.callRef, message: text });
  }
}

/** Parsers name the place themselves. */
const NAMES_PLACE = /\bline \d+|\b\d+:\d+ /;

function withPlace(message: string, position: SourcePosition | undefined): string {
  if (position?.line === undefined || NAMES_PLACE.test(message)) return message;
  return `${message} (line ${position.line}, column ${position.column ?? 1})`;
}
