import { assertNever, type RecordingStart } from '#libs/recording-model';

/** Decides when the recording may begin. First sound is looked for by the engine itself once the trigger is ready. */
export class StartTrigger {
  constructor(
    private readonly start: RecordingStart,
    private callAnswered: boolean,
    private callBridged: boolean,
  ) {}

  /** A bridged call is an answered call. */
  answered(): void {
    this.callAnswered = true;
  }

  bridged(): void {
    this.callAnswered = true;
    this.callBridged = true;
  }

  get ready(): boolean {
    switch (this.start) {
      case 'now':
      case 'onFirstSound':
        return true;
      case 'onAnswer':
        return this.callAnswered || this.callBridged;
      case 'onBridge':
        return this.callBridged;
      default:
        return assertNever(this.start, 'start');
    }
  }
}
