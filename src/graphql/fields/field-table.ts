/**
 * Field table: resolver and data requirement of every field of the schema, for look-ahead and the executable schema.
 * The compiler requires an entry for each field, and a resolver in each entry, unless the parent has a property of the
 * same name and type.
 */
import type { GraphQLScalarType } from 'graphql';
import type { Context } from '../context.ts';
import type { ResolverFn, Resolvers, SubscriptionResolvers } from '../generated/resolvers.ts';
import type { DataRequirement } from '../../runs/loaders/run-loaders.ts';

/** An entry of Run also has a data requirement. */
type Requirement<Type> = Type extends 'Run' ? { readonly requirement: DataRequirement } : object;

type ObjectTypeName = Exclude<
  { [Name in keyof Resolvers]: Resolvers[Name] extends GraphQLScalarType ? never : Name }[keyof Resolvers],
  'Subscription'
>;

/** True if the parent has the field's value as a property. */
type IsProperty<Field, Name extends PropertyKey> =
  Field extends ResolverFn<infer Result, infer Parent, Context, never>
    ? Parent extends Readonly<Record<Name, Result>>
      ? true
      : false
    : false;

type Resolve<Field, Name extends PropertyKey> =
  IsProperty<Field, Name> extends true ? { readonly resolve?: Field } : { readonly resolve: Field };

export type FieldTable<Type extends ObjectTypeName> = {
  readonly [Name in keyof Resolvers[Type]]: Requirement<Type> & Resolve<Resolvers[Type][Name], Name>;
};

/** Types whose fields are all properties of their parents. */
type PlainTypeName = {
  [Type in ObjectTypeName]: false extends {
    [Name in keyof Resolvers[Type]]: IsProperty<Resolvers[Type][Name], Name>;
  }[keyof Resolvers[Type]]
    ? never
    : Type;
}[ObjectTypeName];

/** Replaces the entries of a type whose fields are all properties. Does not compile for other types. */
export const properties = <Type extends PlainTypeName>(): Partial<FieldTable<Type>> => ({});

/** The whole table, with an entry for each field of each object type. */
export type FieldTables = {
  readonly [Type in ObjectTypeName]: Type extends PlainTypeName ? Partial<FieldTable<Type>> : FieldTable<Type>;
} & {
  readonly Subscription: Required<SubscriptionResolvers>;
};
