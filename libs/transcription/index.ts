export type { EngineHttp, EngineRequest } from './engine-http.js';
export { createDeepgramEngine, type DeepgramEngineOptions } from './engines/deepgram-engine.js';
export { createOpenaiEngine, type OpenaiEngineOptions } from './engines/openai-engine.js';
export { createPocketsphinxEngine, POCKETSPHINX_PROGRAM } from './engines/pocketsphinx-engine.js';
export { createVoskEngine, type VoskEngineOptions } from './engines/vosk-engine.js';
export * from './formats/transcript-formats.js';
