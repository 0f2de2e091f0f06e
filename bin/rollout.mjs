#!/usr/bin/env node
// Starts the command line, which is TypeScript, with what this needs installed first in a new clone.
import './setup.mjs';

const { require: requireTypeScript } = await import('tsx/cjs/api');
requireTypeScript('./rollout.ts', import.meta.url);
