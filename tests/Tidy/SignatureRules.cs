using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;

namespace RaftSim.Tidy;

/// <summary>
/// House rules over compiled types. The banned-symbol analyzer sees uses; these see what is declared: fields, parameters,
/// returns, and the locals that a <c>foreach</c> leaves behind.
/// </summary>
internal static class SignatureRules
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
        | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    // What decides in one way here and in another there: hash order, chance, the wall clock, rounding.
    private static readonly Type[] _undetermined =
    [
        typeof(Dictionary<,>), typeof(HashSet<>), typeof(Hashtable), typeof(ImmutableDictionary<,>),
        typeof(ImmutableHashSet<>), typeof(FrozenDictionary<,>), typeof(FrozenSet<>), typeof(HashCode), typeof(Random),
        typeof(DateTime), typeof(TimeProvider), typeof(double), typeof(float), typeof(Half),
    ];

    private static readonly string[] _shellNamespaces = ["System.Net", "System.Threading", "System.Diagnostics"];

    // Views and values that nobody can write through.
    private static readonly Type[] _frozen =
    [
        typeof(IReadOnlyList<>), typeof(IReadOnlyCollection<>), typeof(IReadOnlyDictionary<,>), typeof(ReadOnlyMemory<>),
        typeof(ReadOnlyDictionary<,>), typeof(ReadOnlyCollection<>), typeof(FrozenDictionary<,>), typeof(FrozenSet<>),
        typeof(ImmutableArray<>), typeof(UInt128), typeof(Int128), typeof(Guid),
    ];

    /// <summary>The types that people wrote, without what compilers made of them or beside them.</summary>
    public static IEnumerable<Type> HandWritten(Assembly assembly) =>
        WithClosures(assembly).Where(type => !IsMade(type) && !IsMade(type.DeclaringType));

    /// <summary>The types that people wrote, and the hidden ones that hold the variables of their lambdas.</summary>
    public static IEnumerable<Type> WithClosures(Assembly assembly) => assembly.GetTypes().Where(type =>
        type.Namespace?.StartsWith("RaftSim", StringComparison.Ordinal) == true && type.Namespace != "RaftSim.Wire.Proto");

    /// <summary>
    /// Members that hold, take, give or look through something whose behaviour is not the same in every run; sorted.
    /// </summary>
    public static IReadOnlyList<string> Undetermined(IEnumerable<Type> types, bool mayUseFiles)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (Type type in types)
        {
            foreach ((string member, Type used) in Uses(type))
            {
                foreach (Type part in Parts(used).Where(part => IsUndetermined(part, mayUseFiles)))
                {
                    found.Add($"{type.FullName}.{member}: {part.Name}");
                }
            }
        }

        return [.. found];
    }

    /// <summary>Static fields that can be assigned, or whose content can be changed by whoever gets hold of it; sorted.</summary>
    public static IReadOnlyList<string> ChangingStatics(IEnumerable<Type> types)
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (Type type in types.Where(type => !type.ContainsGenericParameters))
        {
            foreach (FieldInfo field in type.GetFields(Declared).Where(field => field is { IsStatic: true, IsLiteral: false }))
            {
                if (!field.IsInitOnly)
                {
                    found.Add($"{type.FullName}.{field.Name} can be assigned");
                }
                else if (!IsFrozen(field, field.GetValue(null)?.GetType() ?? field.FieldType, []))
                {
                    found.Add($"{type.FullName}.{field.Name} can be changed inside");
                }
            }
        }

        return [.. found];
    }

    /// <summary>
    /// Public classes that anybody could inherit from: neither sealed nor static, nor closed by a constructor that only
    /// their own assembly reaches; sorted.
    /// </summary>
    public static IReadOnlyList<string> OpenClasses(IEnumerable<Type> types) =>
    [
        .. types.Where(type => type is { IsClass: true, IsVisible: true, IsSealed: false }
                && type.GetConstructors(Declared).Any(made => made.IsPublic || made.IsFamily || made.IsFamilyOrAssembly)
                && !type.GetConstructors(Declared).Any(made => made.IsFamilyAndAssembly))
            .Select(type => type.FullName!).Order(StringComparer.Ordinal),
    ];

    private static bool IsMade(Type? type) => type?.Name.StartsWith('<') == true;

    private static IEnumerable<(string Member, Type Used)> Uses(Type type)
    {
        foreach (FieldInfo field in type.GetFields(Declared).Where(field => !field.IsLiteral))
        {
            yield return (field.Name, field.FieldType);
        }

        foreach (MethodBase method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            IEnumerable<Type> used = method.GetParameters().Select(parameter => parameter.ParameterType)
                .Concat(method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [])
                .Concat(method is MethodInfo returning ? [returning.ReturnType] : []);
            foreach (Type one in used)
            {
                yield return (method.Name, one);
            }
        }
    }

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
        {
            return Parts(type.GetElementType()!);
        }

        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Prepend(type) : [type];
    }

    // An enumerator of a dictionary is declared inside the dictionary.
    private static bool IsUndetermined(Type type, bool mayUseFiles)
    {
        for (Type? outer = type; outer is not null; outer = outer.DeclaringType)
        {
            if (_undetermined.Contains(outer.IsGenericType ? outer.GetGenericTypeDefinition() : outer))
            {
                return true;
            }
        }

        return _shellNamespaces.Any(name => IsWithin(type, name)) || (!mayUseFiles && IsWithin(type, "System.IO"));
    }

    private static bool IsWithin(Type type, string name) => type.Namespace is { } space
        && (space == name || space.StartsWith($"{name}.", StringComparison.Ordinal));

    private static bool IsFrozen(FieldInfo field, Type type, HashSet<Type> seen)
    {
        // A private array is a table: the class that holds it can be seen not to write to it.
        if (type.IsArray)
        {
            return field.IsPrivate && IsFrozen(field, type.GetElementType()!, seen);
        }

        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type.IsAssignableTo(typeof(Delegate))
            || type.IsAssignableTo(typeof(Type)) || !seen.Add(type))
        {
            return true;
        }

        Type definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        if (_frozen.Contains(definition) || definition == typeof(Nullable<>))
        {
            return type.GetGenericArguments().All(argument => IsFrozen(field, argument, seen));
        }

        return type.FullName?.StartsWith("RaftSim.", StringComparison.Ordinal) == true
            && type is { IsInterface: false, IsAbstract: false }
            && InstanceFields(type).All(inner => inner.IsInitOnly && IsFrozen(inner, inner.FieldType, seen));
    }

    private static IEnumerable<FieldInfo> InstanceFields(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            foreach (FieldInfo field in level.GetFields(Declared).Where(field => !field.IsStatic))
            {
                yield return field;
            }
        }
    }
}
