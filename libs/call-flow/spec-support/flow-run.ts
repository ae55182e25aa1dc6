import {
  PLAIN_RECORDING,
  type FlowAction,
  type FlowRequest,
  type FlowStep,
  type ParsedDocument,
  type RecordingContinuation,
  type RecordingSpec,
} from '#libs/recording-model';
import { CallFlowRunner, digitsDurationMs, estimatedSpeechMs, type FlowListener } from '../index.js';

const SPEC: RecordingSpec = { ...PLAIN_RECORDING, vendor: 'flexml', mode: 'blocking' };

/** A document of these actions, each placed at its index. */
export function documentOf(...actions: readonly FlowAction[]): ParsedDocument {
  return { steps: actions.map((action, i) => step(action, `/${i}`)), accounting: [], warnings: [], flowState: {} };
}

export function step(action: FlowAction, path = '/0'): FlowStep {
  return { at: { path }, ...action };
}

export function request(purpose: string, url = `https://app.example.com/${purpose}`): FlowRequest {
  return { purpose, url, method: 'POST', userinfo: null };
}

export function record(mode: 'blocking' | 'background', continuation: RecordingContinuation | null = null): FlowAction {
  return { kind: 'record', spec: { ...SPEC, mode, continuation }, secrets: {} };
}

export function say(text: string, repeat = 1, pauseMs = 0): FlowAction {
  return { kind: 'speak', text, language: null, voice: null, repeat, pauseMs };
}

/** FlexML: `action` and `errorAction`. */
export const FLEXML: RecordingContinuation = {
  onCompleted: request('action'),
  onFailed: request('errorAction'),
  onlyWithAudio: true,
  requires: 'available',
};
/** Aculab: `next_page` after every ending. */
export const ACULAB: RecordingContinuation = {
  onCompleted: request('next_page'),
  onFailed: request('next_page'),
  onlyWithAudio: false,
  requires: 'captured',
};

/** A runner whose wishes are written down, with the media time at which they came. */
export function startFlow(
  answers: { readonly mediaMs?: number | null; readonly during?: (runner: CallFlowRunner, wish: string) => void } = {},
): {
  readonly runner: CallFlowRunner;
  readonly log: string[];
  /** Advances media time to here in steps of 100 ms. */
  readonly to: (mediaMs: number) => void;
} {
  const log: string[] = [];
  let now = 0;
  const tell = (wish: string): void => {
    log.push(wish);
    answers.during?.(runner, wish);
  };
  const listener: FlowListener = {
    startRecording: (handle, { spec }) => tell(`record ${handle} ${spec.mode}`),
    stopRecording: (which, running) => tell(`stop ${which} ${running.join()}`),
    maskRecording: (running) => tell(`mask ${running}`),
    unmaskRecording: (running) => tell(`unmask ${running}`),
    speak: (handle, { text }) => (tell(`speak ${handle} ${text}`), estimatedSpeechMs(text)),
    playMedia: (handle, { url }) => (
      tell(`play ${handle} ${url}`),
      answers.mediaMs === undefined ? null : answers.mediaMs
    ),
    cancelPlayback: (handle) => tell(`cancel ${handle}`),
    sendDigits: (digits) => tell(`digits ${digits} (${digitsDurationMs(digits)} ms)`),
    connect: ({ to }) => tell(`connect ${to}`),
    disconnect: () => tell('disconnect'),
    answer: () => tell('answer'),
    replaceParty: () => tell('replaceParty'),
    deleteFile: (file) => tell(`delete ${file}`),
    fetch: ({ purpose }, { reason, recording, collected, answerIgnored }) =>
      tell(
        [
          'fetch',
          purpose,
          reason,
          recording?.id,
          collected === null ? undefined : `${collected.digits}/${collected.finishKey}`,
          answerIgnored ? 'ignored' : undefined,
        ]
          .filter((part) => part !== undefined)
          .join(' '),
      ),
    hangup: (reason) => tell(`hangup ${reason}`),
    warn: (message, { path }) => tell(`warn ${path} ${message}`),
    ended: (reason, error) => tell(`ended ${reason}${error === null ? '' : ` ${error.code}`}`),
  };
  const runner = new CallFlowRunner(listener);
  const to = (mediaMs: number): void => {
    while (now < mediaMs) {
      now = Math.min(mediaMs, now + 100);
      const before = log.length;
      runner.advance(now);
      if (log.length > before) log.splice(before, 0, `-- by ${now}`);
    }
  };
  return { runner, log, to };
}
