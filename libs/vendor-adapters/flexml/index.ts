export * from './flexml.adapter.js';
