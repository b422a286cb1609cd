using System.Globalization;
using System.Reflection;

namespace RaftSim.Tidy;

/// <summary>Types and parameters as C# writes them, without namespaces.</summary>
internal static class PublicApiNames
{
    private static readonly SortedDictionary<string, string> _keywords = new(StringComparer.Ordinal)
    {
        ["Boolean"] = "bool", ["Byte"] = "byte", ["Char"] = "char", ["Decimal"] = "decimal", ["Double"] = "double",
        ["Int16"] = "short", ["Int32"] = "int", ["Int64"] = "long", ["Object"] = "object", ["SByte"] = "sbyte",
        ["Single"] = "float", ["String"] = "string", ["UInt16"] = "ushort", ["UInt32"] = "uint", ["UInt64"] = "ulong",
        ["Void"] = "void",
    };

    /// <summary>A type, without regard to nullability.</summary>
    public static string Of(Type type) => Write(type, nullability: null);

    /// <summary>A type's name with those of the types around it and its type parameters.</summary>
    public static string Nested(Type type)
    {
        string outer = type.DeclaringType is { } around ? $"{Nested(around)}." : "";
        return outer + Plain(type)
            + (type.IsGenericType ? $"<{string.Join(", ", type.GetGenericArguments().Select(Of))}>" : "");
    }

    /// <summary>A type's own name.</summary>
    public static string Plain(Type type) => type.Name.Split('`')[0];

    /// <summary>What a method gives back.</summary>
    public static string Returned(MethodInfo method)
    {
        NullabilityInfo nullability = new NullabilityInfoContext().Create(method.ReturnParameter);
        Type type = method.ReturnType;
        return type.IsByRef ? $"ref {Write(type.GetElementType()!, nullability.ElementType ?? nullability)}"
            : Write(type, nullability);
    }

    /// <summary>What a method takes.</summary>
    public static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        NullabilityInfo nullability = new NullabilityInfoContext().Create(parameter);
        Type type = parameter.ParameterType;
        string how = "";
        if (type.IsByRef)
        {
            how = parameter switch { { IsOut: true } => "out ", { IsIn: true } => "in ", _ => "ref " };
            nullability = nullability.ElementType ?? nullability;
            type = type.GetElementType()!;
        }

        string fallback = parameter.HasDefaultValue ? $" = {Constant(parameter.RawDefaultValue)}" : "";
        return $"{how}{Write(type, nullability)} {parameter.Name}{fallback}";
    }

    private static string Constant(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Write(Type type, NullabilityInfo? nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{Of(value)}?";
        }

        // What a type parameter stands for decides whether it may be null, so nothing is said of it here.
        bool isNullable = !type.IsValueType && !type.IsGenericParameter
            && nullability?.ReadState == NullabilityState.Nullable;
        string mark = isNullable ? "?" : "";
        if (type.IsArray)
        {
            return $"{Write(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        }

        string name = type.Namespace == "System" && _keywords.TryGetValue(type.Name, out string? keyword)
            ? keyword : Plain(type);
        if (!type.IsGenericType)
        {
            return name + mark;
        }

        IEnumerable<string> arguments = type.GetGenericArguments().Select((argument, i) =>
            Write(argument, i < nullability?.GenericTypeArguments.Length ? nullability.GenericTypeArguments[i] : null));
        return $"{name}<{string.Join(", ", arguments)}>{mark}";
    }
}
