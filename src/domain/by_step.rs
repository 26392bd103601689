//! One value for each step.

use std::array;
use std::ops::{Index, IndexMut};

use super::Step;

/// One value for each step, indexed by [`Step`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByStep<T>([T; Step::ALL.len()]);

impl<T> ByStep<T> {
    /// Computes the value of each step.
    #[must_use]
    pub fn from_fn(mut value: impl FnMut(Step) -> T) -> Self {
        Self(array::from_fn(|index| value(Step::ALL[index])))
    }

    /// The steps with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Step, &T)> {
        Step::ALL.into_iter().zip(&self.0)
    }
}

impl<T> Index<Step> for ByStep<T> {
    type Output = T;

    fn index(&self, step: Step) -> &T {
        &self.0[step as usize]
    }
}

impl<T> IndexMut<Step> for ByStep<T> {
    fn index_mut(&mut self, step: Step) -> &mut T {
        &mut self.0[step as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_own_value() {
        let mut numbers = ByStep::from_fn(Step::number);
        assert!(Step::ALL.into_iter().all(|step| numbers[step] == step.number()));
        numbers[Step::Filter] = 30;
        assert_eq!(numbers.iter().map(|(_, number)| *number).collect::<Vec<_>>(), [1, 2, 30, 4]);
    }
}
