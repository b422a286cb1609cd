using System.Reflection;
using System.Runtime.CompilerServices;
using RaftSim.Simulation;

namespace RaftSim.Core.Tests.Tidy;

/// <summary>
/// The banned-symbol analyzer sees uses, not fields and parameters. These tests look at what the compiled assemblies
/// declare.
/// </summary>
public sealed class TidySignatureTests
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
        | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly Type[] _banned =
    [
        typeof(Dictionary<,>), typeof(HashSet<>), typeof(Random), typeof(DateTime), typeof(Task), typeof(Task<>),
        typeof(ValueTask), typeof(ValueTask<>), typeof(Thread), typeof(Timer), typeof(TimeProvider), typeof(CancellationToken),
        typeof(double), typeof(float),
    ];

    // Goal: nothing that decides holds a clock, a task, an unordered collection or a floating-point number.
    [Fact]
    public void Core_declares_nothing_that_is_not_deterministic()
    {
        List<string> wrong = [];
        foreach (Type type in HandWritten(typeof(Invariant).Assembly))
        {
            foreach (FieldInfo field in type.GetFields(All))
            {
                Note(wrong, type, field.Name, field.FieldType);
            }

            foreach (MethodBase method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            {
                foreach (ParameterInfo parameter in method.GetParameters())
                {
                    Note(wrong, type, method.Name, parameter.ParameterType);
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Goal: a world is one object graph: nothing is kept in statics that a second world in the same process could see.
    [Fact]
    public void Core_and_Simulation_keep_no_state_in_statics()
    {
        List<string> wrong = [];
        foreach (Assembly assembly in (Assembly[])[typeof(Invariant).Assembly, typeof(SimDisk).Assembly])
        {
            foreach (Type type in HandWritten(assembly))
            {
                foreach (FieldInfo field in type.GetFields(All).Where(field => field is { IsStatic: true, IsLiteral: false }))
                {
                    if (!field.IsInitOnly)
                    {
                        wrong.Add($"{type.FullName}.{field.Name}");
                    }
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Goal: classes are made to be used, not to be inherited from: sealed, static, or abstract with closed constructors.
    [Fact]
    public void Public_classes_are_sealed_or_closed()
    {
        IEnumerable<string> open = HandWritten(typeof(Invariant).Assembly).Concat(HandWritten(typeof(SimDisk).Assembly))
            .Where(type => type is { IsClass: true, IsVisible: true, IsSealed: false }
                && type.GetConstructors(All).Any(made => made.IsPublic || made.IsFamily)
                && !type.GetConstructors(All).Any(made => made.IsFamilyAndAssembly))
            .Select(type => type.FullName!);
        Assert.Empty(open);
    }

    private static IEnumerable<Type> HandWritten(Assembly assembly) => assembly.GetTypes().Where(type =>
        type.Namespace?.StartsWith("RaftSim", StringComparison.Ordinal) == true
        && type.Namespace != "RaftSim.Wire.Proto"
        && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        && !type.Name.StartsWith('<') && type.DeclaringType?.Name.StartsWith('<') != true);

    private static void Note(List<string> wrong, Type owner, string member, Type used)
    {
        foreach (Type part in Parts(used))
        {
            if (_banned.Contains(part.IsGenericType ? part.GetGenericTypeDefinition() : part))
            {
                wrong.Add($"{owner.FullName}.{member}: {part.Name}");
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
}
