namespace Envoy.Filters.Http.GrpcJsonTranscoder.Paths;

/// <summary>
/// A path template of google/api/http.proto: segments, of which <c>*</c> stands for one and <c>**</c> for any number, the variables over
/// them, and a verb. Immutable.
/// </summary>
/// <param name="Segments">Literals, <c>*</c> and <c>**</c>.</param>
/// <param name="Verb">What stands behind the last colon; empty: none.</param>
/// <param name="Variables">In the order of the template.</param>
internal sealed record PathTemplate(IReadOnlyList<string> Segments, string Verb, IReadOnlyList<PathTemplate.Variable> Variables)
{
    /// <summary>Reads a template; null: it is none.</summary>
    public static PathTemplate? Parse(string text) => text == "/" ? new PathTemplate([], "", []) : new Parser(text).Parse();

    /// <summary>A variable.</summary>
    /// <param name="FieldPath">The field that it is for: <c>a.b</c>.</param>
    /// <param name="Start">Its first segment.</param>
    /// <param name="End">The segment behind its last one; below zero it counts from the path's end, so that -1 is the end.</param>
    internal sealed record Variable(string FieldPath, int Start, int End);

    /// <summary>Template = "/" Segments [ ":" Verb ]; a variable is "{" field path [ "=" Segments ] "}". For one template.</summary>
    private sealed class Parser(string text)
    {
        private readonly List<string> _segments = [];
        private readonly List<Variable> _variables = [];
        private int _position;
        private bool _inVariable;

        public PathTemplate? Parse()
        {
            if (!Take('/') || !TrySegments())
                return null;
            var verb = "";
            if (Take(':') && !TryLiteral(out verb))
                return null;
            if (_position < text.Length || !OnlyLiteralsFollowDoubleStar())
                return null;
            return new PathTemplate(_segments, verb, _variables.ConvertAll(Complete));
        }

        private bool TrySegments()
        {
            do
            {
                if (!TrySegment())
                    return false;
            }
            while (Take('/'));
            return true;
        }

        private bool TrySegment()
        {
            if (Take('*'))
            {
                _segments.Add(Take('*') ? "**" : "*");
                return true;
            }

            if (_position < text.Length && text[_position] == '{')
                return TryVariable();
            if (!TryLiteral(out var literal))
                return false;
            _segments.Add(literal);
            return true;
        }

        private bool TryVariable()
        {
            // One inside another has no meaning.
            if (_inVariable || !Take('{'))
                return false;
            _inVariable = true;
            var start = _segments.Count;
            var end = text.AsSpan(_position).IndexOfAny('}', '=');
            if (end <= 0)
                return false;
            var path = text.Substring(_position, end);
            _position += end;
            if (path.Split('.').Any(string.IsNullOrEmpty))
                return false;
            if (!Take('='))
                _segments.Add("*");
            else if (!TrySegments())
                return false;
            _variables.Add(new Variable(path, start, _segments.Count));
            _inVariable = false;
            return Take('}');
        }

        private bool TryLiteral(out string literal)
        {
            var length = text.AsSpan(_position).IndexOfAny('/', ':', '}');
            length = length < 0 ? text.Length - _position : length;
            literal = text.Substring(_position, length);
            _position += length;
            return length > 0;
        }

        private bool Take(char c)
        {
            if (_position >= text.Length || text[_position] != c)
                return false;
            _position++;
            return true;
        }

        private bool OnlyLiteralsFollowDoubleStar()
        {
            var at = _segments.IndexOf("**");
            return at < 0 || !_segments.Skip(at + 1).Any(s => s is "*" or "**");
        }

        // Behind a double star only the distance to the end is known.
        private Variable Complete(Variable variable) =>
            _segments.GetRange(variable.Start, variable.End - variable.Start).Contains("**") ? variable with { End = variable.End - _segments.Count - 1 } : variable;
    }
}
