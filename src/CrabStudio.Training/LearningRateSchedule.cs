namespace CrabStudio.Training;

/// <summary>
/// A line from 0 to the peak over the warm-up, then half a cosine down to 0: <c>get_cosine_schedule_with_warmup</c> of
/// transformers. The first step's rate is 0 when there is a warm-up.
/// </summary>
/// <param name="Peak">Highest rate.</param>
/// <param name="WarmupSteps">Steps of the rise.</param>
/// <param name="Steps">All steps.</param>
public sealed record LearningRateSchedule(double Peak, int WarmupSteps, int Steps)
{
    /// <summary>The rate of a step, counted from 1.</summary>
    public double At(int step)
    {
        int before = step - 1;
        if (before < WarmupSteps)
        {
            return Peak * before / Math.Max(1, WarmupSteps);
        }

        double progress = (before - WarmupSteps) / (double)Math.Max(1, Steps - WarmupSteps);
        return Peak * Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress)));
    }
}
