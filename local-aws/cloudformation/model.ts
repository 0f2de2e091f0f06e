import type { Tag } from '@aws-sdk/client-cloudformation';
import type { Properties } from '../core/service';
import { validationError } from './faults';
import { evaluateCondition, NO_VALUE, resolve, type Scope } from './intrinsics';
import { type ParameterValue, refValue } from './parameters';
import { referencesOf } from './references';
import type { ResourceDeclaration, Template } from './template';

/** What a model does not know of itself: the stack that it is for, and the world around it. */
export interface ModelContext {
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly availabilityZones: (region: string) => readonly string[];
  /** Value that another stack exports. */
  readonly exported: (name: string) => string | undefined;
}

/** What is known of the stack's resources at the moment of resolving. */
export interface ResourceValues {
  ref(logicalId: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
}

/** What a model is made of. */
export interface ModelInput {
  /** The template's text, as it came. */
  readonly body: string;
  readonly template: Template;
  readonly parameters: readonly ParameterValue[];
  readonly tags: readonly Tag[];
  readonly notificationArns: readonly string[];
  readonly context: ModelContext;
}

/** A template together with the values that make it concrete: what a stack is, was, or shall become. */
export class Model {
  /** Logical ids of the resources whose condition holds. */
  readonly activeIds: readonly string[];
  /** Names of other stacks' exports that were used so far. */
  readonly imports = new Set<string>();
  private readonly conditions = new Map<string, boolean>();
  private readonly dependencyMap = new Map<string, readonly string[]>();

  /** @throws Fault ValidationError for circular dependencies, wrong conditions and rules that do not hold */
  constructor(readonly input: ModelInput) {
    for (const name of Object.keys(this.template.Conditions)) this.condition(name);
    this.activeIds = Object.keys(this.template.Resources).filter((id) =>
      this.holds(this.resource(id).Condition),
    );
    for (const id of this.activeIds) this.dependencyMap.set(id, this.findDependencies(id));
    this.refuseCycles();
    this.checkOutputs();
    this.checkRules();
  }

  get template(): Template {
    return this.input.template;
  }

  resource(id: string): ResourceDeclaration {
    const declaration = this.template.Resources[id];
    if (!declaration) throw validationError(`Resource ${id} does not exist in the template`);
    return declaration;
  }

  /** Logical ids that must be there before this resource. */
  dependencies(id: string): readonly string[] {
    return this.dependencyMap.get(id) ?? [];
  }

  isActive(id: string): boolean {
    return this.dependencyMap.has(id);
  }

  holds(condition: string | undefined): boolean {
    return condition === undefined || this.condition(condition);
  }

  /** Active resources, each after those that it depends on. */
  order(): string[] {
    const ordered = new Set<string>();
    const visit = (id: string) => {
      if (ordered.has(id)) return;
      for (const dependency of this.dependencies(id)) visit(dependency);
      ordered.add(id);
    };
    for (const id of this.activeIds) visit(id);
    return [...ordered];
  }

  /** A value of the template with its intrinsic functions carried out. Dynamic references stay as they are. */
  resolve(value: unknown, resources: ResourceValues): unknown {
    return resolve(value, this.scope(resources));
  }

  properties(id: string, resources: ResourceValues): Properties {
    return this.resolve(this.resource(id).Properties, resources) as Properties;
  }

  /** @returns undefined where the resource has none */
  updatePolicy(id: string, resources: ResourceValues): Properties | undefined {
    return this.resolve(this.resource(id).UpdatePolicy, resources) as Properties | undefined;
  }

  private condition(name: string, pending: readonly string[] = []): boolean {
    const known = this.conditions.get(name);
    if (known !== undefined) return known;
    if (!(name in this.template.Conditions))
      throw validationError(`Template format error: Unresolved condition dependency ${name}`);
    if (pending.includes(name))
      throw validationError(`Template error: Circular dependency between conditions [${pending.join(', ')}]`);
    const scope = this.scope(NO_RESOURCES, [...pending, name]);
    const value = evaluateCondition(this.template.Conditions[name], scope);
    this.conditions.set(name, value);
    return value;
  }

  private findDependencies(id: string): readonly string[] {
    const declaration = this.resource(id);
    const names = [
      ...declaration.DependsOn,
      ...referencesOf([declaration.Properties, declaration.UpdatePolicy ?? {}], (condition) =>
        this.condition(condition),
      ).map(({ name }) => name),
    ];
    const found = new Set(names.filter((name) => this.activeIds.includes(name)));
    const absent = names.find((name) => name in this.template.Resources && !found.has(name));
    if (absent !== undefined && !declaration.DependsOn.includes(absent)) {
      throw validationError(
        `Template format error: Unresolved resource dependencies [${absent}] in the Resources block of the template`,
      );
    }
    return [...found];
  }

  /** An output of a resource whose condition does not hold is refused at once, not when all is made. */
  private checkOutputs(): void {
    for (const { Value, Export, Condition } of Object.values(this.template.Outputs)) {
      if (!this.holds(Condition)) continue;
      const references = referencesOf([Value, Export?.Name ?? ''], (condition) => this.condition(condition));
      const absent = references.find(
        ({ name }) => name in this.template.Resources && !this.activeIds.includes(name),
      );
      if (absent)
        throw validationError(
          `Template format error: Unresolved resource dependencies [${absent.name}] in the Outputs block of the template`,
        );
    }
  }

  private refuseCycles(): void {
    const finished = new Set<string>();
    const visit = (id: string, path: readonly string[]) => {
      if (path.includes(id)) {
        const cycle = path.slice(path.indexOf(id)).sort();
        throw validationError(`Circular dependency between resources: [${cycle.join(', ')}]`);
      }
      if (finished.has(id)) return;
      for (const dependency of this.dependencies(id)) visit(dependency, [...path, id]);
      finished.add(id);
    };
    for (const id of this.activeIds) visit(id, []);
  }

  private checkRules(): void {
    const scope = this.scope(NO_RESOURCES);
    for (const [name, rule] of Object.entries(this.template.Rules)) {
      if (rule.RuleCondition !== undefined && !evaluateCondition(rule.RuleCondition, scope)) continue;
      for (const { Assert, AssertDescription } of rule.Assertions) {
        if (!evaluateCondition(Assert, scope))
          throw validationError(
            `Template validation error: Rule ${name}: ${AssertDescription ?? 'an assertion does not hold'}`,
          );
      }
    }
  }

  private scope(resources: ResourceValues, pendingConditions: readonly string[] = []): Scope {
    const { context, notificationArns, parameters } = this.input;
    const pseudoParameters: Readonly<Record<string, unknown>> = {
      'AWS::AccountId': context.account,
      'AWS::Region': context.region,
      'AWS::StackName': context.stackName,
      'AWS::StackId': context.stackId,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::NotificationARNs': [...notificationArns],
      'AWS::NoValue': NO_VALUE,
    };
    return {
      ref: (name) => {
        if (name in pseudoParameters) return pseudoParameters[name];
        const parameter = parameters.find(({ key }) => key === name);
        if (parameter) return refValue(parameter);
        if (!this.template.Resources[name] || (this.activeIds && !this.activeIds.includes(name))) {
          throw validationError(
            `Template format error: Unresolved resource dependencies [${name}] in the template`,
          );
        }
        return resources.ref(name);
      },
      getAtt: (resource, attribute) => {
        if (!this.template.Resources[resource]) {
          throw validationError(
            `Template error: instance of Fn::GetAtt references undefined resource ${resource}`,
          );
        }
        return resources.getAtt(resource, attribute);
      },
      condition: (name) => this.condition(name, pendingConditions),
      mapping: (map, key, secondKey) => {
        const value = this.template.Mappings[map]?.[key]?.[secondKey];
        if (value === undefined) {
          throw validationError(`Template error: Unable to get mapping for ${map}::${key}::${secondKey}`);
        }
        return value;
      },
      importValue: (name) => {
        const value = context.exported(name);
        if (value === undefined) throw validationError(`No export named ${name} found.`);
        this.imports.add(name);
        return value;
      },
      availabilityZones: context.availabilityZones,
    };
  }
}

/** Conditions and rules are decided before there are any resources. */
const NO_RESOURCES: ResourceValues = {
  ref: (name) => refuseResource(name),
  getAtt: (name) => refuseResource(name),
};

function refuseResource(name: string): never {
  throw validationError(
    `Template format error: Unresolved dependencies [${name}]. Cannot reference resources in the Conditions block of the template`,
  );
}
