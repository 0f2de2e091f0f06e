// Each process that runs tests reads TypeScript as the programs in bin/ do. What tsx compiles it keeps for all runs, in
// the computer's temporary folder, which it looks up when it is loaded; the tests' own is this run's.
import 'tsx';

process.env.TMPDIR = process.env.TESTS_TMPDIR;
