/**
 * Field table: the resolvers of the schema's fields, and the data that each field of Run requires. A field needs no
 * entry if its parent has a property with the same name and type. Otherwise, a missing entry doesn't compile.
 */
import type { GraphQLScalarType } from 'graphql';
import type { Context } from '../context.ts';
import type { ResolverFn, Resolvers, SubscriptionResolvers } from '../generated/resolvers.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';

type ObjectTypeName = Exclude<
  { [Name in keyof Resolvers]: Resolvers[Name] extends GraphQLScalarType ? never : Name }[keyof Resolvers],
  'Subscription'
>;

/** Whether the parent has the field's value as a property. */
type IsProperty<Field, Name extends PropertyKey> =
  Field extends ResolverFn<infer Result, infer Parent, Context, never>
    ? Parent extends Readonly<Record<Name, Result>>
      ? true
      : false
    : false;

type PropertyName<Type extends ObjectTypeName> = {
  [Name in keyof Resolvers[Type]]: IsProperty<Resolvers[Type][Name], Name> extends true ? Name : never;
}[keyof Resolvers[Type]];

type OtherName<Type extends ObjectTypeName> = Exclude<keyof Resolvers[Type], PropertyName<Type>>;

type Requirements<Type extends ObjectTypeName> = Type extends 'Run'
  ? { readonly [Name in keyof Resolvers[Type]]: { readonly requirement: DataRequirement } }
  : unknown;

export type FieldTable<Type extends ObjectTypeName> = {
  readonly [Name in OtherName<Type>]: { readonly resolve: Resolvers[Type][Name] };
} & {
  readonly [Name in PropertyName<Type>]?: { readonly resolve?: Resolvers[Type][Name] };
} & Requirements<Type>;

type PlainTypeName = {
  [Type in ObjectTypeName]: OtherName<Type> extends never ? Type : never;
}[ObjectTypeName];

/** A type without an entry has only properties of its parent. */
export type FieldTables = {
  readonly [Type in Exclude<ObjectTypeName, PlainTypeName>]: FieldTable<Type>;
} & {
  readonly [Type in PlainTypeName]?: FieldTable<Type>;
} & {
  readonly Subscription: Required<SubscriptionResolvers>;
};
