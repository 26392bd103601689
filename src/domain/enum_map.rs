//! One value for each variant of an enum.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// An enum without data.
pub trait Variants: Copy + 'static {
    /// Every variant, in the order of the declaration.
    const ALL: &'static [Self];

    /// Its position in [`Self::ALL`].
    fn index(self) -> usize;
}

/// Defines an enum without data whose variants can be listed.
macro_rules! variants {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every variant, in the order of the declaration.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];
        }

        impl $crate::domain::enum_map::Variants for $name {
            const ALL: &'static [Self] = &Self::ALL;

            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
pub(crate) use variants;

/// One value for each variant of `K`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumMap<K, V> {
    values: Vec<V>,
    keys: PhantomData<K>,
}

impl<K: Variants, V> EnumMap<K, V> {
    /// Computes the value of each variant.
    #[must_use]
    pub fn from_fn(value: impl FnMut(K) -> V) -> Self {
        Self { values: K::ALL.iter().copied().map(value).collect(), keys: PhantomData }
    }

    /// The variants with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        K::ALL.iter().copied().zip(&self.values)
    }

    /// The values, in the order of the variants.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter()
    }
}

impl<K: Variants, V: Default> Default for EnumMap<K, V> {
    fn default() -> Self {
        Self::from_fn(|_| V::default())
    }
}

impl<K: Variants, V> Index<K> for EnumMap<K, V> {
    type Output = V;

    fn index(&self, key: K) -> &V {
        &self.values[key.index()]
    }
}

impl<K: Variants, V> IndexMut<K> for EnumMap<K, V> {
    fn index_mut(&mut self, key: K) -> &mut V {
        &mut self.values[key.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Step;

    #[test]
    fn each_variant_has_its_own_value() {
        let mut numbers = EnumMap::from_fn(Step::number);
        assert!(Step::ALL.into_iter().all(|step| numbers[step] == step.number()));
        numbers[Step::Filter] = 30;
        assert_eq!(numbers.values().copied().collect::<Vec<_>>(), [1, 2, 30, 4]);
    }
}
