#!/usr/bin/env node
// Starts the command line, which is TypeScript, with what this needs installed first in a new clone.
import './setup.mjs';

// The SDK's advice on Node versions, at every command, is not for whoever steers a rollout.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

const { require: requireTypeScript } = await import('tsx/cjs/api');
requireTypeScript('./rollout.ts', import.meta.url);
