import { benchForecast } from './forecast';
import { benchSynth } from './synth';

const BENCHES: Readonly<Record<string, () => boolean>> = { synth: benchSynth, forecast: benchForecast };

const [name = ''] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench) process.exitCode = bench() ? 0 : 1;
else {
  console.error(
    `Which bench? Known are: ${Object.keys(BENCHES).join(', ')}. Example: npm run bench -- synth`,
  );
  process.exitCode = 2;
}
