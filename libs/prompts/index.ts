export { createAudioDecoder, type AudioBytes, type AudioDecoder, type AudioHint } from './decoding/audio-decoder.js';
export type { AudioHttp, AudioHttpAnswer, AudioHttpRequest } from './audio-http.js';
export { createPromptSource, type PromptSourceOptions } from './prompt-source.js';
export { createEspeakEngine } from './speech/espeak-engine.js';
export { createHttpEngine, type HttpEngineOptions } from './speech/http-engine.js';
export type { SpeechEngine } from './speech/speech-engine.js';
export type { MediaFile, MediaFileSources } from './files/media-files.js';
