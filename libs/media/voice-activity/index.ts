export { FRAME_MS, VoiceActivityDetector, type VoiceActivityOptions } from './voice-activity-detector.js';
