export { afterRecording, type AfterRecording } from './after-recording.js';
export { CallFlowRunner } from './call-flow-runner.js';
export type {
  FetchContext,
  FetchReason,
  FlowEnd,
  FlowListener,
  PlaybackHandle,
  PlayMediaAction,
  RecordingHandle,
  RecordingOutcome,
  SpeakAction,
} from './flow-ports.js';
export { digitsDurationMs, estimatedSpeechMs } from './speech-length.js';
