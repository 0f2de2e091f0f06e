import type { Resources } from './lab';
import { failure, parameter } from './parts';
import type { Probe } from './probe';

/** In which order an update's rollback goes through resources that depend on each other. */
export const rollbackOrder: Probe = {
  id: 'rollback-order',
  question: 'Does a rollback update resources in the order of their dependencies, or in reverse?',
  usd: 0,
  minutes: 4,
  async run(lab) {
    const chain = (value: string): Resources => ({
      ...parameter('First', value),
      ...parameter('Second', value, 'First'),
      ...parameter('Third', value, 'Second'),
    });
    await lab.create(chain('before'));
    lab.say('an update of three resources in a row, and a fourth that fails');
    const { events } = await lab.update({ ...chain('after'), ...failure('Third') });
    const began = events.findIndex(({ ResourceStatus }) => ResourceStatus === 'UPDATE_ROLLBACK_IN_PROGRESS');
    const order = events
      .slice(began + 1)
      .filter(
        ({ ResourceStatus, ResourceType }) =>
          ResourceStatus === 'UPDATE_IN_PROGRESS' && ResourceType === 'AWS::SSM::Parameter',
      )
      .map(({ LogicalResourceId }) => LogicalResourceId!);
    return { facts: { order: [...new Set(order)].join(', ') } };
  },
};
