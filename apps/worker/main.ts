import 'reflect-metadata';
import { createFileCapture } from '../wiring/file-capture.js';
import { runRole } from '../wiring/role-process.js';
import { startWorker } from './worker-role.js';

await runRole((runtime, config) => startWorker(runtime, config.worker.stages, createFileCapture(runtime)));
