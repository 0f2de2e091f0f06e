const MINUTES = 30;

/** A net under tests that hang: the runner knows no limit of time. What a test takes depends on how busy the computer is. */
module.exports = class Patience {
  timers = new Map();

  onTestFileStart({ path }) {
    const giveUp = () => {
      console.error(`${path} has not ended in ${MINUTES} minutes.`);
      process.exit(1);
    };
    this.timers.set(path, setTimeout(giveUp, MINUTES * 60_000));
  }

  onTestFileResult({ path }) {
    clearTimeout(this.timers.get(path));
  }
};
