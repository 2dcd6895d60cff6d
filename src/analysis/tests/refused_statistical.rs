//! What is refused of trends, burn rates, tests and scores.

use super::vocabulary::refuse;

#[test]
fn trends() {
    refuse("error_rate «is» trending down", "`is` stands where a comparison is expected; leave `is` out");
    refuse(
        "error_rate trending down «for» 24h",
        "`for` stands where `over` is expected; a trend is taken `over` a time: `over 24h`",
    );
    refuse(
        "error_rate trending down«»",
        "the condition ends where `over` and how far to look back, such as `over 24h`, is expected",
    );
    refuse("error_rate trending «downwards»", "`downwards` stands where `up` or `down` is expected; write `down`");
    refuse(
        "error_rate trending «not» up over 5m",
        "`not` stands where `up` or `down` is expected; `not` stands before `trending`",
    );
    refuse(
        "error_rate trending up over «the» last 5m",
        "`the` is not a duration: write a number and a unit such as `30s`, `15m`, `24h` or `14d`; leave `the` out",
    );
    refuse("error_rate trending «over» 24h", "`over` stands where `up` or `down` is expected");
    refuse("error_rate trending down over «0s»", "`0s` is no time at all; write for instance `24h`");
    refuse(
        "error_rate trending down over «5w»",
        "`5w` is longer than 31 days; nothing looks back further: write `31d` or less",
    );
    refuse(
        "error_rate trending down over 24h «for» 5m",
        "`for` stands where `and`, `or` or the end is expected; \
         `for` belongs to a comparison; a trend says how long by `over`",
    );
    refuse("error_rate «trends» down", "`trends` stands where a comparison is expected; write `trending`");
    refuse(
        "error_rate «rising»",
        "`rising` stands where a comparison is expected; write for instance `trending up over 24h`",
    );
    refuse(
        "error_rate «not» regresses",
        "`not` stands only before `trending`, as in `p95 not trending up over 24h`; \
         turn a comparison round: `>` for `<=`; the contrary of `regresses` is `proved safe within 10%`",
    );
}

#[test]
fn burn_rates() {
    refuse(
        "burn_rate(error_rate«)» > 14.4 over 1h and 5m",
        "the share that must succeed is missing after `error_rate`; \
         write for instance `burn_rate(error_rate, 99.9%)`",
    );
    refuse(
        "error_rate «burn_rate» > 14.4",
        "`burn_rate` stands where a comparison is expected; \
         write for instance `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`",
    );
    refuse(
        "burn_rate «>» 14.4",
        "`>` stands where `(`, as in `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`, is expected",
    );
    refuse("burn_rate(error_rate, «0.999») > 1 over 1h and 5m", "`0.999` is no percentage; write `99.9%`");
    refuse(
        "burn_rate(error_rate, «100%») > 1 over 1h and 5m",
        "the share that must succeed lies between 0% and 100%; \
         write for instance `99.9%`; 100% leaves no budget that could burn",
    );
    refuse(
        "burn_rate(error_rate, 99.9%«,» 1h) > 14.4",
        "`burn_rate` takes a metric and an objective, no more; \
         the windows stand after the rate: `burn_rate(error_rate, 99.9%) > 14.4 over 1h and 5m`",
    );
    refuse(
        "burn_rate(error_rate, 99«,»9%) > 1",
        "a number has a comma in it; \
         write decimals after a point, and thousands together: `1000.5`",
    );
    refuse(
        "burn_rate(«99.9%», 1h) > 14.4",
        "`99.9%` stands where a metric or `alert(...)` is expected; the metric stands first, and left of a comparison",
    );
    refuse(
        "burn_rate(«p95», 99%) > 1 over 1h and 5m",
        "`p95` is a time, and only shares have an error budget; name the share of what fails",
    );
    refuse(
        "burn_rate(«success_rate», 99%) > 1 over 1h and 5m",
        "`success_rate` has no burn rate: it is the share of what succeeds; name the share of what fails",
    );
    refuse(
        "burn_rate(error_rate, 99%) «<» 1 over 1h and 5m",
        "a burn rate is asked for with `>` or `>=`, not with `<`",
    );
    refuse("burn_rate(error_rate, 99%) > «0» over 1h and 5m", "a burn rate must be over 0");
    refuse("burn_rate(error_rate, 99%) > «5%» over 1h and 5m", "a burn rate is a number without a unit; write `5`");
    refuse(
        "burn_rate(error_rate, 99%) > 1 «for» 1h",
        "`for` stands where `over` and two windows, such as `over 1h and 5m`, is expected",
    );
    refuse(
        "burn_rate(error_rate, 99%) > 1 over 1h«»",
        "the condition ends where `and` with a second, shorter window, such as `over 1h and 5m`, is expected",
    );
    for windows in ["5m and 1h", "1h and 60m"] {
        refuse(
            &format!("burn_rate(error_rate, 99%) > 1 over «{windows}»"),
            "the second window is not shorter than the first; the long window stands first: `over 1h and 5m`",
        );
    }
    refuse(
        "burn_rate(«error_rat», 99%) > 1 over 1h and 5m",
        "there is no metric `error_rat`; did you mean `error_rate`?",
    );
    refuse("burn_rate(«)» > 1 over 1h and 5m", "`)` stands where the metric of what fails is expected");
}

#[test]
fn tests_against_the_control() {
    refuse("error_rate «regressed»", "`regressed` stands where a comparison is expected; write `regresses`");
    refuse("error_rate «regreses»", "`regreses` stands where a comparison is expected; did you mean `regresses`?");
    refuse("error_rate regresses by «20»", "`20` is no percentage; write `20%`");
    refuse("error_rate regresses by «0.2»", "`0.2` is no percentage; write `20%`");
    refuse("error_rate regresses by «5pp»", "`5pp` is no percentage; write `5%`");
    refuse("error_rate regresses by «-5%»", "a tolerance lies between 0% and 10000%");
    refuse("error_rate regresses by «10001%»", "a tolerance lies between 0% and 10000%");
    refuse("error_rate regresses by«»", "the condition ends where a part of the control such as `20%` is expected");
    let hint = "write `regresses by 20%`";
    for found in ["«20%»", "«>» 20%", "«within» 20%"] {
        let word = found.split('»').next().unwrap().trim_start_matches('«');
        let message = format!("`{word}` stands where `and`, `or` or the end is expected; {hint}");
        refuse(&format!("error_rate regresses {found}"), &message);
    }
    refuse(
        "error_rate regresses «for» 5m",
        "`for` stands where `and`, `or` or the end is expected; \
         a test looks at all that was seen and takes no time",
    );
    refuse("error_rate regresses at «0.01»", "`0.01` stands where `alpha`, as in `at alpha 0.01`, is expected");
    refuse(
        "error_rate regresses «alpha» 0.01",
        "`alpha` stands where `and`, `or` or the end is expected; write `at alpha 0.01`",
    );
    refuse("error_rate regresses at alpha «1%»", "alpha is a number without a unit; write `0.01`");
    for alpha in ["0", "0.51", "-0.1"] {
        refuse(
            &format!("error_rate regresses at alpha «{alpha}»"),
            "alpha is a probability over 0 and at most 0.5; \
             write how often a wrong verdict is acceptable, such as `0.01`",
        );
    }
    refuse("error_rate «safe»", "`safe` stands where a comparison is expected; write `proved safe`");
    refuse("error_rate «proven» safe", "`proven` stands where a comparison is expected; write `proved safe`");
    refuse(
        "error_rate proved «unsafe»",
        "`unsafe` stands where `safe` is expected; what is proved to be worse than the control `regresses`",
    );
    refuse(
        "error_rate proved safe within «0%»",
        "nothing can be proved to be no worse by nothing at all; write a margin over 0%, such as `within 10%`",
    );
    refuse("error_rate proved safe within «20000%»", "a margin lies between 0% and 10000%");
    refuse(
        "error_rate proved safe «by» 5%",
        "`by` stands where `and`, `or` or the end is expected; write `within 20%`",
    );
    refuse(
        "p99 «regresses» by 5%",
        "`p99` cannot be tested against the control: it has no counts; use provider `outcomes`",
    );
    refuse(
        "host_cpu «proved safe»",
        "`host_cpu` cannot be tested against the control: its query measures both groups alike; \
         put `{{variant}}` into the query, or compare with `baseline`",
    );
    refuse(
        "«latancy» regresses",
        "there is no metric `latancy`; define it under `metrics`, or use one of: \
         error_rate, success_rate, p95, p99, memory, host_cpu, escalations, score-2.mean",
    );
}

#[test]
fn scores() {
    refuse(
        "«score» > 75",
        "there is no metric `score`; \
         a score names the metrics it is made of: `score(p95 weight 2, error_rate critical) >= 75`",
    );
    refuse("score(«)» >= 75", "`)` stands where a metric is expected");
    refuse("score(p95, «p95» critical) >= 75", "`p95` is in the score already; name each metric once, with its weight");
    refuse("score(p95 weight «0») >= 75", "a weight must be over 0");
    refuse("score(p95 weight «-1») >= 75", "a weight must be over 0");
    refuse("score(p95 weight «2%») >= 75", "a weight is a number without a unit; write `2`");
    refuse("score(p95 weight«)» >= 75", "`)` stands where how much it counts, such as `2`, is expected");
    refuse("score(p95 «2») >= 75", "`2` stands where `,` or `)` is expected");
    refuse("score(p95 weight 2 «weight» 3) >= 75", "`weight` stands where `,` or `)` is expected");
    refuse("score(p95) >= «75%»", "a score is a number without a unit; write `75`");
    refuse("score(p95) >= «101»", "a score lies between 0 and 100");
    refuse("score(p95) >= «-1»", "a score lies between 0 and 100");
    refuse("score(p95) «<» 75", "a score is asked for with `>` or `>=`, not with `<`");
    refuse("score(p95)«»", "the condition ends where a comparison such as `>` is expected");
    refuse(
        "score«(»p95",
        "this `(` is never closed; write `)`; in a YAML list `[ ... ]` put a condition that has a comma in single quotes",
    );
    refuse(
        "score(p95) >= 75 «for» 5m",
        "`for` stands where `and`, `or` or the end is expected; \
         `for` belongs to a comparison; a score is of the whole wave",
    );
    refuse(
        "score(p95, «host_cpu») >= 75",
        "`host_cpu` cannot be scored against the control: its query measures both groups alike; \
         put `{{variant}}` into the query, or compare with `baseline`",
    );
}
