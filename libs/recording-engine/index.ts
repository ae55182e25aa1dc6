export type { Beep, EngineJob, EngineListener, EngineResult, LegLevel, RecordingSink } from './engine-ports.js';
export { samplesWithin } from './capture-limits.js';
export { BEEP, PRE_ROLL_MS, RecordingEngine } from './recording-engine.js';
export { LEADING_GUARD_MS, TRAILING_GUARD_MS, type SettledRange } from './trimmer.js';
