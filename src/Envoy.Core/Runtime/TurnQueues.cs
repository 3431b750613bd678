namespace Envoy.Runtime;

/// <summary>Something to run once at the end of a turn; an intrusive list node.</summary>
internal interface ITurnEnd
{
    ITurnEnd? NextAtTurnEnd { get; set; }

    void OnTurnEnd();
}

/// <summary>Something that goes on in the next turn, where receiving is allowed; an intrusive list node.</summary>
internal interface IResumable
{
    IResumable? NextResumed { get; set; }

    void OnResumed();
}
