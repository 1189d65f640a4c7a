//! The library built for cores without an operating system.

use crate::features::{BARE_METAL, Features};
use crate::step::Step;
use crate::thumb::{self, MACHINES};

/// One step per target and combination of features.
pub(crate) fn steps() -> Vec<Step> {
    let targets = MACHINES.map(|machine| machine.target);
    let steps = targets.map(|target| BARE_METAL.map(|features| step(target, features)));
    steps.into_iter().flatten().collect()
}

fn step(target: &'static str, features: Features) -> Step {
    let name = format!("bare metal: {target}, {}", features.name());
    Step::new(name, move |context| {
        let build = thumb::cargo("build", ".", target)?;
        features.select(build).check(context)
    })
}
