import { isDeepStrictEqual } from 'node:util';
import type { ResourceAttribute } from '@aws-sdk/client-cloudformation';
import { validationError } from './faults';
import { isKnown, KNOWN_AFTER_APPLY } from './intrinsics';
import type { Model, ResourceValues } from './model';
import { referencesOf } from './references';
import { attributeOf, isCustomResource, type StackResource } from './stack';

/** A property, or another attribute of the declaration, that changes. */
export interface ChangeDetail {
  readonly attribute: ResourceAttribute;
  /** Name of the property, where `attribute` is Properties. */
  readonly name?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly recreation: 'Never' | 'Conditionally' | 'Always';
  /** Dynamic: whether it really changes is only known once what it refers to was updated. */
  readonly evaluation: 'Static' | 'Dynamic';
  readonly source: 'DirectModification' | 'ParameterReference' | 'ResourceReference' | 'ResourceAttribute';
  /** What it refers to: `LaunchTemplate.LatestVersionNumber`. */
  readonly cause?: string;
}

/** What an update would do to one resource. */
export interface ResourceChange {
  readonly logicalId: string;
  readonly type: string;
  readonly action: 'Add' | 'Modify' | 'Remove';
  readonly physicalId?: string;
  readonly replacement?: 'True' | 'False' | 'Conditional';
  readonly policyAction?: 'Delete' | 'Retain' | 'ReplaceAndDelete' | 'ReplaceAndRetain';
  readonly details: readonly ChangeDetail[];
  /** Properties before and after. */
  readonly before?: Readonly<Record<string, unknown>>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** What an update would do. */
export interface Plan {
  readonly changes: readonly ResourceChange[];
  /** Outputs, or the stack's own tags and notification ARNs, change. */
  readonly stackChanges: boolean;
}

/** What of a resource type matters for planning. */
export interface TypeFacts {
  readonly createOnly: readonly string[];
  /** Whether it can be changed in place at all. */
  readonly updatable: boolean;
}

/** What a plan is made from: the model before, the one after, and what is there. */
export interface PlanInput {
  readonly before?: Model;
  readonly after: Model;
  readonly resources: ReadonlyMap<string, StackResource>;
  readonly facts: (type: string) => TypeFacts;
}

type Json = Readonly<Record<string, unknown>>;

/** Whether an update towards the plan would do nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.length === 0 && !plan.stackChanges;
}

/**
 * What an update would do, as a change set shows it.
 * @throws Fault ValidationError for a change that CloudFormation refuses
 */
export function makePlan(input: PlanInput): Plan {
  const { before, after, resources } = input;
  refuseTypeChanges(input);
  const changes = new Map<string, ResourceChange>();
  const planned = plannedValues(changes, resources);
  for (const id of after.order()) {
    const existing = resources.get(id);
    const change =
      before?.isActive(id) && existing?.physicalId !== undefined
        ? modification(input, before, existing, planned)
        : addition(after, id, planned);
    if (change) changes.set(id, change);
  }
  for (const [id, resource] of resources) {
    if (!after.isActive(id)) changes.set(id, removal(resource));
  }
  return {
    changes: [...changes.values()],
    stackChanges: !before || stackDiffers(before, after, resources, planned),
  };
}

/** Values as far as they are known before the update. */
function plannedValues(
  changes: ReadonlyMap<string, ResourceChange>,
  resources: ReadonlyMap<string, StackResource>,
): ResourceValues {
  const isNew = (id: string) => {
    const change = changes.get(id);
    return (
      change?.action === 'Add' || change?.replacement === 'True' || change?.replacement === 'Conditional'
    );
  };
  return {
    ref: (id) => (isNew(id) ? KNOWN_AFTER_APPLY : (resources.get(id)?.physicalId ?? KNOWN_AFTER_APPLY)),
    getAtt: (id, attribute) => {
      const resource = resources.get(id);
      const changesInPlace = changes.get(id)?.details.some((detail) => detail.attribute === 'Properties');
      if (!resource || isNew(id) || (changesInPlace && !isIdentity(resource.type, attribute)))
        return KNOWN_AFTER_APPLY;
      // An attribute that is new in a custom resource's answer is only known after it.
      return Object.hasOwn(resource.attributes, attribute)
        ? attributeOf(resource, id, attribute)
        : KNOWN_AFTER_APPLY;
    },
  };
}

/** Identities stay as long as the resource does; a custom resource may answer whatever it likes. */
function isIdentity(type: string, attribute: string): boolean {
  return !isCustomResource(type) && /(Arn|Id|Name)$/.test(attribute);
}

function addition(after: Model, id: string, planned: ResourceValues): ResourceChange {
  return {
    logicalId: id,
    type: after.resource(id).Type,
    action: 'Add',
    details: [],
    after: after.properties(id, planned),
  };
}

function removal(resource: StackResource): ResourceChange {
  return {
    logicalId: resource.logicalId,
    type: resource.type,
    action: 'Remove',
    physicalId: resource.physicalId,
    policyAction: resource.deletionPolicy === 'Retain' ? 'Retain' : 'Delete',
    details: [],
    before: resource.properties,
  };
}

function modification(
  input: PlanInput,
  beforeModel: Model,
  existing: StackResource,
  planned: ResourceValues,
): ResourceChange | undefined {
  const { after: afterModel, facts } = input;
  const id = existing.logicalId;
  const old = beforeModel.resource(id);
  const declared = afterModel.resource(id);
  // Both sides are resolved with the present values, so that only what the templates say can differ.
  const present = presentValues(input.resources);
  const before = beforeModel.properties(id, present);
  const after = afterModel.properties(id, planned);
  const { createOnly, updatable } = facts(declared.Type);

  const properties = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name): ChangeDetail => {
      const dynamic = !isKnown(after[name]);
      const replaces = createOnly.includes(name) || !updatable;
      const direct = !isDeepStrictEqual(old.Properties[name], declared.Properties[name]);
      return {
        attribute: 'Properties',
        name,
        before: before[name],
        after: after[name],
        recreation: replaces ? (dynamic ? 'Conditionally' : 'Always') : 'Never',
        evaluation: dynamic ? 'Dynamic' : 'Static',
        ...(direct
          ? { source: 'DirectModification' as const }
          : causeOf(declared.Properties[name], afterModel)),
      };
    });
  const others = (['Metadata', 'DeletionPolicy', 'UpdateReplacePolicy', 'UpdatePolicy'] as const)
    .filter((attribute) => !isDeepStrictEqual(old[attribute], declared[attribute]))
    .map((attribute) => directChange(attribute, old[attribute], declared[attribute]));
  const tags =
    updatable &&
    hasStackTags(declared.Type) &&
    !isDeepStrictEqual(beforeModel.input.tags, afterModel.input.tags)
      ? [directChange('Tags', beforeModel.input.tags, afterModel.input.tags)]
      : [];
  // An update that failed and was not rolled back left the resource in doubt: it is updated in any case.
  const details = [...properties, ...others, ...tags];
  if (!details.length && !existing.status.endsWith('_FAILED')) return undefined;

  const recreations = details.map((detail) => detail.recreation);
  const replacement = recreations.includes('Always')
    ? 'True'
    : recreations.includes('Conditionally')
      ? 'Conditional'
      : 'False';
  const retains = declared.UpdateReplacePolicy === 'Retain';
  return {
    logicalId: id,
    type: declared.Type,
    action: 'Modify',
    physicalId: existing.physicalId,
    replacement,
    ...(replacement === 'True' ? { policyAction: retains ? 'ReplaceAndRetain' : 'ReplaceAndDelete' } : {}),
    details,
    before,
    after,
  };
}

function directChange(attribute: ResourceAttribute, before: unknown, after: unknown): ChangeDetail {
  return {
    attribute,
    before,
    after,
    recreation: 'Never',
    evaluation: 'Static',
    source: 'DirectModification',
  };
}

/** The stack's tags go on to the resources that AWS provides, as far as they have tags. */
function hasStackTags(type: string): boolean {
  return !isCustomResource(type) && type !== 'AWS::CDK::Metadata';
}

function causeOf(value: unknown, model: Model): Pick<ChangeDetail, 'source' | 'cause'> {
  const references = referencesOf(value, (condition) => model.holds(condition));
  const attribute = references.find((reference) => reference.attribute !== undefined);
  if (attribute) return { source: 'ResourceAttribute', cause: `${attribute.name}.${attribute.attribute}` };
  const resource = references.find((reference) => model.isActive(reference.name));
  if (resource) return { source: 'ResourceReference', cause: resource.name };
  return { source: 'ParameterReference', cause: references[0]?.name };
}

/** What is there now; what is not known even now compares as equal to itself. */
function presentValues(resources: ReadonlyMap<string, StackResource>): ResourceValues {
  return {
    ref: (id) => resources.get(id)?.physicalId ?? KNOWN_AFTER_APPLY,
    getAtt: (id, attribute) => resources.get(id)?.attributes[attribute] ?? KNOWN_AFTER_APPLY,
  };
}

function refuseTypeChanges({ after, resources }: PlanInput): void {
  const changed = after.activeIds.filter((id) => {
    const existing = resources.get(id);
    return existing !== undefined && existing.type !== after.resource(id).Type;
  });
  if (changed.length) {
    throw validationError(
      `Update of resource type is not permitted. The new template modifies resource type of the following resources: [${changed.join(', ')}]`,
    );
  }
}

function stackDiffers(
  before: Model,
  after: Model,
  resources: ReadonlyMap<string, StackResource>,
  planned: ResourceValues,
): boolean {
  const present = presentValues(resources);
  const outputs = (model: Model, values: ResourceValues): Json =>
    Object.fromEntries(
      Object.entries(model.template.Outputs)
        .filter(([, output]) => model.holds(output.Condition))
        .map(([name, output]) => [name, model.resolve(output, values)]),
    );
  return (
    !isDeepStrictEqual(before.input.tags, after.input.tags) ||
    !isDeepStrictEqual(before.input.notificationArns, after.input.notificationArns) ||
    !isDeepStrictEqual(outputs(before, present), outputs(after, planned))
  );
}
