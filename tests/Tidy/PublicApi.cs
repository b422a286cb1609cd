using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace RaftSim.Tidy;

/// <summary>
/// The public surface of an assembly as text: types by full name, members in ordinal order, one a line. What the compiler
/// adds to a record is left out.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
        | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>All types of an assembly that others can see.</summary>
    public static string Render(Assembly assembly) => Render(assembly.GetTypes().Where(type => type.IsVisible));

    /// <summary>The given types.</summary>
    public static string Render(IEnumerable<Type> types)
    {
        StringBuilder text = new();
        foreach (Type type in types.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(text.Length == 0 ? "" : "\n").Append(Header(type)).Append('\n');
            foreach (string member in type.IsEnum ? Values(type) : Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        string name = $"{type.Namespace}.{PublicApiNames.Nested(type)}";
        if (type.IsEnum)
        {
            return $"enum {name} : {PublicApiNames.Of(Enum.GetUnderlyingType(type))}";
        }

        if (type.IsAssignableTo(typeof(Delegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"delegate {PublicApiNames.Returned(invoke)} {name}({PublicApiNames.Parameters(invoke)})";
        }

        List<string> bases = type is { IsClass: true, IsSealed: false, IsAbstract: false } || HasOwnBase(type)
            ? [PublicApiNames.Of(type.BaseType!)] : [];
        bases.AddRange(type.GetInterfaces().Where(face => face.IsVisible && !IsOwnEquality(type, face))
            .Select(PublicApiNames.Of).Order(StringComparer.Ordinal));
        return $"{Kind(type)} {name}{(bases.Count == 0 ? "" : " : ")}{string.Join(", ", bases)}";
    }

    private static bool HasOwnBase(Type type) =>
        type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType);

    private static bool IsOwnEquality(Type type, Type face) => face.IsGenericType
        && face.GetGenericTypeDefinition() == typeof(IEquatable<>) && face.GetGenericArguments()[0] == type;

    private static string Kind(Type type)
    {
        if (type.IsInterface)
        {
            return "interface";
        }

        if (type.IsValueType)
        {
            string readOnly = type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false) ? "readonly " : "";
            string refLike = type.IsByRefLike ? "ref " : "";
            return $"{readOnly}{refLike}{(type.GetMethod("PrintMembers", Declared) is null ? "" : "record ")}struct";
        }

        string kind = type.GetMethod("<Clone>$", Declared) is null ? "class" : "record";
        return (type.IsAbstract, type.IsSealed) switch
        {
            (true, true) => $"static {kind}",
            (true, false) => $"abstract {kind}",
            (false, true) => $"sealed {kind}",
            _ => kind,
        };
    }

    private static IEnumerable<string> Values(Type type) => Enum.GetNames(type)
        .Select(name => (Name: name, Value: Convert.ToDecimal(Enum.Parse(type, name), CultureInfo.InvariantCulture)))
        .OrderBy(value => value.Value).ThenBy(value => value.Name, StringComparer.Ordinal)
        .Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Name} = {value.Value}"));

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsAssignableTo(typeof(Delegate)))
        {
            yield break;
        }

        foreach (FieldInfo field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily))
        {
            yield return Field(field);
        }

        foreach (PropertyInfo property in type.GetProperties(Declared).Where(property => IsShown(property.GetMethod)))
        {
            yield return Property(property);
        }

        foreach (EventInfo raised in type.GetEvents(Declared).Where(raised => IsShown(raised.AddMethod)))
        {
            yield return $"{Scope(raised.AddMethod!)}event {PublicApiNames.Of(raised.EventHandlerType!)} {raised.Name}";
        }

        foreach (ConstructorInfo made in type.GetConstructors(Declared).Where(made => IsShown(made) && !IsGenerated(made)))
        {
            yield return $"{Scope(made)}{PublicApiNames.Plain(type)}({PublicApiNames.Parameters(made)})";
        }

        foreach (MethodInfo method in type.GetMethods(Declared).Where(IsOwnMethod))
        {
            string arguments = method.IsGenericMethod
                ? $"<{string.Join(", ", method.GetGenericArguments().Select(PublicApiNames.Of))}>" : "";
            yield return $"{Scope(method)}{PublicApiNames.Returned(method)} {method.Name}{arguments}"
                + $"({PublicApiNames.Parameters(method)})";
        }
    }

    private static bool IsShown(MethodBase? method) => method is not null && (method.IsPublic || method.IsFamily);

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsOwnMethod(MethodInfo method) => IsShown(method) && !IsGenerated(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));

    private static string Scope(MethodBase method) => (method.IsFamily ? "protected " : "")
        + (method.IsStatic ? "static " : "")
        + (method is { IsAbstract: true, DeclaringType.IsInterface: false } ? "abstract " : "")
        + (method is { IsVirtual: true, IsAbstract: false, IsFinal: false, DeclaringType.IsSealed: false } ? "virtual " : "");

    private static string Field(FieldInfo field)
    {
        string type = PublicApiNames.Of(field.FieldType);
        return field.IsLiteral
            ? string.Create(CultureInfo.InvariantCulture, $"const {type} {field.Name} = {field.GetRawConstantValue()}")
            : $"{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    private static string Property(PropertyInfo property)
    {
        string required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        string name = property.GetIndexParameters().Length > 0
            ? $"this[{PublicApiNames.Parameters(property.GetMethod!)}]" : property.Name;
        string writes = "";
        if (IsShown(property.SetMethod))
        {
            bool isInit = property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()
                .Contains(typeof(IsExternalInit));
            writes = isInit ? " init;" : " set;";
        }

        return $"{Scope(property.GetMethod!)}{required}{PublicApiNames.Returned(property.GetMethod!)} {name} {{ get;{writes} }}";
    }
}
