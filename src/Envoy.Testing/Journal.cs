namespace Envoy.Testing;

/// <summary>What has happened so far, and a way to wait for the next of it without looking again and again. Thread-safe.</summary>
/// <param name="noun">What an entry is called in messages.</param>
internal sealed class Journal<T>(string noun)
{
    private readonly Lock _lock = new();
    private readonly List<T> _items = [];
    private readonly List<Waiter> _waiters = [];
    private Exception? _failure;

    public int Count
    {
        get
        {
            lock (_lock)
                return _items.Count;
        }
    }

    public IReadOnlyList<T> ToList()
    {
        lock (_lock)
            return [.. _items];
    }

    public void Add(T item)
    {
        lock (_lock)
        {
            _items.Add(item);
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].Number > _items.Count)
                    continue;
                _waiters[i].Done.TrySetResult(_items[_waiters[i].Number - 1]);
                _waiters.RemoveAt(i);
            }
        }
    }

    /// <summary>Nothing more will come: whoever waits learns why.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            foreach (var waiter in _waiters)
                waiter.Done.TrySetException(failure);
            _waiters.Clear();
        }
    }

    /// <summary>Entry <paramref name="number"/>, counted from 1, when there is one.</summary>
    public Task<T> AtAsync(int number, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        var waiter = new Waiter(number, new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (number <= _items.Count)
                return Task.FromResult(_items[number - 1]);
            if (_failure is { } failure)
                return Task.FromException<T>(failure);
            _waiters.Add(waiter);
        }

        return Patience.AwaitAsync(waiter.Done.Task, () => $"{noun} {number} (there are {Count})", cancellationToken);
    }

    private sealed record Waiter(int Number, TaskCompletionSource<T> Done);
}
