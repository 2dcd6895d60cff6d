//! Faults that tests plant, to see that they are found. Without the feature `planted`, which no product is
//! built with, there are none: every question here is answered with no by the compiler.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("the feature `planted` is for tests: it must not be in a product");

/// One fault: what the program would do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "server"), expect(dead_code, reason = "the executor's are planted in the shell"))]
pub enum Bug {
    // In the decision.
    /// Time that nobody watched counts as bake.
    BakeCountsUnwatchedTime,
    /// What has no data stands in nobody's way.
    NoDataCountsAsPass,
    /// What holds does not hold.
    HoldDoesNotHold,
    /// What must be true to go on need not be.
    AdvanceNeedsNothing,
    /// What is wrong with the flag does not matter.
    FlagProblemsDoNotHold,
    /// A person's promotion stands for the evidence as well.
    PromotionIsEvidence,
    /// A wave opens without the approval it needs.
    ApprovalIsSkipped,
    /// A new attempt has the number of the one before.
    RetryKeepsTheAttempt,
    /// What is completed can be begun anew.
    CompletedIsNotTheEnd,
    /// The clock goes on in a pause.
    PauseGoesOnBaking,
    /// What bakes is taken up at the last check and not when it is resumed.
    ResumeCountsThePause,
    /// Nothing closes in a pause.
    PauseKeepsFromClosing,
    /// What broke off goes on counting for a `for`.
    ForIsNotReset,
    /// What nobody watched counts for a `for`.
    ForCountsUnwatchedTime,
    /// The next wave but one opens.
    WaveIsSkipped,
    /// The next wave does not know which alerts fire.
    NextWaveForgetsAlerts,
    /// Time in which the program was not there counts as bake.
    RestartCountsTheTimeBetween,
    /// A closing ranks below what it closes.
    ClosingRanksLow,
    /// Each exposure goes to other users.
    SaltChangesWithTheExposure,
    /// What stepped back goes forth again by itself.
    StepBackIsForgotten,
    /// What steps back opens to more.
    StepBackWidens,
    /// Who is held back gets it with the last wave.
    HoldbackIsForgotten,
    /// A group loses the candidate when the next wave opens.
    GroupLosesItsMembers,
    /// Another attempt begins with the same users, whatever the plan says.
    FreshUsersAreTheSame,
    /// What the next wave may cost keeps nothing from opening it.
    BudgetIsIgnored,
    /// A metric whose silence closes only holds.
    SilenceNeverCloses,
    /// What must be true to go on counts as true while its metric is silent and that is ignored.
    IgnoredSilencePasses,
    /// A report that comes again counts again.
    ReportsCountAgain,
    /// The baseline of a retry is taken in the time of the attempt before.
    BaselineOfTheLastAttempt,
    /// A person may begin before the time that the plan names.
    BeginsBeforeItsTime,
    /// A new plan may change waves that have begun.
    WhatHasBegunChanges,
    /// One of several conditions ends the bake.
    OneReasonEndsTheBake,
    /// What is only observed acts.
    ObservedConditionsAct,
    /// What was proved safe for few users counts for more.
    SafetyOutlivesItsWave,
    /// Users that are split wrongly hold nothing.
    SkewedUsersDoNotHold,
    /// What is stored has forgotten how long metrics were silent.
    SilenceIsNotStored,
    // In a train's decision.
    /// The next of a train begins while the one before is in its waves.
    TrainDoesNotWait,
    /// The next of a train begins on what was seen before the process stopped.
    TrainTrustsOldChecks,
    /// When one of a train closes, the others stay open.
    TrainClosesNobodyElse,
    /// A closing that did not reach its member is not ordered again.
    TrainOrdersOnce,
    // In the executor.
    /// A member begins although its train was stopped meanwhile.
    TrainBeginsWhatItStopped,
    /// What a train closed is stored at once or never.
    TrainIsSavedOnce,
    /// A wave is served before it is stored.
    OpensBeforeItIsStored,
    /// A closing is stored first and served after.
    ClosesAfterItIsStored,
    /// A trigger waits for what the lane is doing.
    TriggersWaitTheirTurn,
    /// A closing is answered before it is durable.
    AnswersTooSoon,
    /// The local record of closings is not read at the start.
    ForgetsTheRecordAtStart,
    /// A closing that the store did not take is not tried again.
    ClosingIsTriedOnce,
    /// An exposure is laid although triggers wait that close it.
    OpensWhatIsBeingClosed,
    /// A refused commit counts as done.
    ConflictCountsAsDone,
    /// A closing that is stored already is stored once more.
    ClosingIsWrittenTwice,
    /// What was measured for a stage that is over decides about the next one.
    StaleEvidenceCounts,
    /// A check of which nothing came is the last one.
    ChecksEndAfterAFailure,
    /// A closing that the store took at a second attempt has a second row.
    ClosingHasTwoRows,
    /// A closing that met a conflict counts as stored.
    ClosingStopsAtAConflict,
    /// The local record of a closing is cleared before the store has it.
    RecordIsClearedTooSoon,
    /// After a conflict the version is taken from the store, and the state is not.
    ConflictKeepsTheState,
    /// Another rollout may take a flag before the closing of the one that had it is durable.
    FlagIsFreeTooSoon,
    /// Two rollouts drive one flag.
    FlagHasTwoDrivers,
    /// A person's command is carried out although its closing is not stored yet.
    CommandsOvertakeTheClosing,
    /// New definitions forget the exposures that lie over them.
    DefinitionsForgetExposures,
}

#[cfg(feature = "planted")]
mod choice {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Plants a fault in what this thread does, or none.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether that fault is planted.
    #[must_use]
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }
}

#[cfg(feature = "planted")]
pub use choice::{is, plant};

/// Whether that fault is planted.
#[cfg(not(feature = "planted"))]
#[must_use]
pub(crate) const fn is(_: Bug) -> bool {
    false
}
