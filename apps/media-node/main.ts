import 'reflect-metadata';
import { runRole } from '../wiring/role-process.js';
import { startMediaNode } from './media-node-role.js';

await runRole((runtime) => startMediaNode(runtime));
