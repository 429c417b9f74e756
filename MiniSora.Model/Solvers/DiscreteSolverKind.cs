namespace MiniSora.Model.Solvers;

/// <summary>Samplers that <see cref="SolverCatalog"/> knows. Evaluations are of the network, without guidance.</summary>
public enum DiscreteSolverKind
{
    /// <summary>Deterministic DDIM, first order, one evaluation a step.</summary>
    Ddim,

    /// <summary>Ancestral sampling, stochastic, one evaluation a step; needs many steps.</summary>
    Ddpm,

    /// <summary>DPM-Solver++ multistep, second order, one evaluation a step.</summary>
    DpmPlusPlus2M,

    /// <summary>The same on Karras' levels.</summary>
    DpmPlusPlus2MKarras,

    /// <summary>The same for the SDE, stochastic.</summary>
    DpmPlusPlus2MSde,

    /// <summary>DPM-Solver++ multistep, third order, one evaluation a step.</summary>
    DpmPlusPlus3M,

    /// <summary>DPM-Solver++ singlestep, second order, one evaluation a step in pairs.</summary>
    DpmPlusPlus2S,

    /// <summary>UniPC, predictor of second order with corrector, one evaluation a step.</summary>
    UniPc,

    /// <summary>Euler, first order, one evaluation a step.</summary>
    Euler,

    /// <summary>Euler with fresh noise in every step, stochastic.</summary>
    EulerAncestral,

    /// <summary>Heun, second order, two evaluations a step and one in the last.</summary>
    Heun,

    /// <summary>Pseudo linear multistep, fourth order, one evaluation a step and one more.</summary>
    Pndm,

    /// <summary>DEIS, second order, one evaluation a step.</summary>
    Deis,
}
