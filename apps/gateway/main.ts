import 'reflect-metadata';
import { runRole } from '../wiring/role-process.js';
import { startGateway } from './gateway-role.js';

await runRole((runtime) => startGateway(runtime));
